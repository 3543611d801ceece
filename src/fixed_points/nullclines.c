#include "fixed_points/nullclines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Even numbers: no node lies on an axis of symmetry, where a force is zero. */
enum { ROWS = 160, COLUMNS = 150, NODES = ROWS * COLUMNS, EDGES = 2 * NODES, NONE = -1 };

static const double ZERO = 1e-12; /* of a force, in units of the largest */

/* Edges of the mesh: number 2n leads from node n = (row, column) to the next row, 2n+1 to the next
 * column. A line is a chain of edges; cells link those that it crosses. */
typedef struct mesh {
    const gf_surface *surface;
    size_t charge;
    double m[NODES], e[NODES];
    bool positive[NODES];
    int link[EDGES][2]; /* NONE: no more */
    bool done[EDGES];
} mesh;

static double force_at(const gf_surface *surface, size_t charge, double m, double e) {
    double values[1][GF_SURFACE_VALUES];
    (void)gf_surface_evaluate(surface, 1, &m, &e, values);
    return values[0][GF_SURFACE_FORCE + charge];
}

/* Places the nodes. False if the force is zero at all of them. */
static bool place_nodes(mesh *self) {
    double largest[GF_CHARGES] = {0, 0};
    for (size_t n = 0; n < NODES; ++n) {
        double range[2], values[1][GF_SURFACE_VALUES];
        double height = (double)(n % COLUMNS) / (COLUMNS - 1);
        self->m[n] = -1 + 2 * (double)(n / COLUMNS) / (ROWS - 1);
        gf_surface_border(self->surface, self->m[n], range);
        self->e[n] = range[0] + (range[1] - range[0]) * height;
        (void)gf_surface_evaluate(self->surface, 1, &self->m[n], &self->e[n], values);
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            largest[i] = fmax(largest[i], fabs(values[0][GF_SURFACE_FORCE + i]));
        }
        self->positive[n] = values[0][GF_SURFACE_FORCE + self->charge] > 0;
    }
    return largest[self->charge] > ZERO * fmax(largest[0], largest[1]);
}

static void link_edges(mesh *self, int a, int b) {
    self->link[a][self->link[a][0] == NONE ? 0 : 1] = b;
    self->link[b][self->link[b][0] == NONE ? 0 : 1] = a;
}

/* A cell with its sides in turn: an even number of them is crossed. */
static void link_cell(mesh *self, int node) {
    const int corner[4] = {node, node + COLUMNS, node + COLUMNS + 1, node + 1};
    const int side[4] = {2 * node, 2 * (node + COLUMNS) + 1, 2 * (node + 1), 2 * node + 1};
    int crossed[4], count = 0;
    for (int k = 0; k < 4; ++k) {
        if (self->positive[corner[k]] != self->positive[corner[(k + 1) % 4]]) {
            crossed[count++] = side[k];
        }
    }
    if (count == 2) {
        link_edges(self, crossed[0], crossed[1]);
    } else if (count == 4) { /* which corners belong together the centre decides */
        double m = (self->m[node] + self->m[node + COLUMNS]) / 2, e = 0;
        for (int k = 0; k < 4; ++k) {
            e += self->e[corner[k]] / 4;
        }
        bool centre = force_at(self->surface, self->charge, m, e) > 0;
        bool cut_off = centre != self->positive[node]; /* the first corner, between sides 3 and 0 */
        link_edges(self, crossed[0], crossed[cut_off ? 3 : 1]);
        link_edges(self, crossed[2], crossed[cut_off ? 1 : 3]);
    }
}

/* Where the force changes sign on an edge: bisection, whose end is rounding. */
static void solve(const mesh *self, int edge, double density[GF_CHARGES]) {
    int from = edge / 2, to = edge % 2 == 0 ? from + COLUMNS : from + 1;
    double low = 0, high = 1;
    for (double at = 0.5; at > low && at < high; at = (low + high) / 2) {
        density[0] = self->m[from] + at * (self->m[to] - self->m[from]);
        density[1] = self->e[from] + at * (self->e[to] - self->e[from]);
        bool positive = force_at(self->surface, self->charge, density[0], density[1]) > 0;
        *(positive == self->positive[from] ? &low : &high) = at;
    }
}

/* The number of edges from `start` to the end of its line, which are marked as done unless `line`
 * is NULL, and whose points it then receives. */
static bool walk(mesh *self, int start, gf_flow_line *line) {
    size_t count = 0;
    for (int edge = start; edge != NONE; ++count) {
        self->done[edge] = true;
        int next = !(self->link[edge][0] == NONE || self->done[self->link[edge][0]])
                       ? self->link[edge][0]
                   : !(self->link[edge][1] == NONE || self->done[self->link[edge][1]])
                       ? self->link[edge][1]
                       : NONE;
        double(*grown)[GF_CHARGES] = realloc(line->density, (count + 2) * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        line->density = grown;
        solve(self, edge, grown[count]);
        edge = next;
    }
    line->count = count;
    if (self->link[start][1] != NONE) { /* closed */
        memcpy(line->density[line->count++], line->density[0], sizeof *line->density);
    }
    return true;
}

/* All lines that begin at an edge with so many links: 1 those with ends, 2 closed ones. */
static bool walk_all(mesh *self, int links, gf_flow *lines) {
    for (int edge = 0; edge < EDGES; ++edge) {
        int has = (self->link[edge][0] != NONE) + (self->link[edge][1] != NONE);
        if (self->done[edge] || has != links) {
            continue;
        }
        gf_flow_line *grown = realloc(lines->lines, (lines->count + 1) * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        lines->lines = grown;
        grown[lines->count] = (gf_flow_line){0};
        if (!walk(self, edge, &grown[lines->count++])) {
            return false;
        }
    }
    return true;
}

gf_status gf_nullclines_trace(const gf_surface *surface, size_t charge, gf_flow *lines,
                              gf_error *error) {
    mesh *self = calloc(1, sizeof *self);
    bool good = self != NULL;
    *lines = (gf_flow){0};
    if (good) {
        self->surface = surface;
        self->charge = charge;
        memset(self->link, NONE, sizeof self->link);
    }
    if (good && place_nodes(self)) {
        for (int row = 0; row + 1 < ROWS; ++row) {
            for (int column = 0; column + 1 < COLUMNS; ++column) {
                link_cell(self, row * COLUMNS + column);
            }
        }
        good = walk_all(self, 1, lines) && walk_all(self, 2, lines);
    }
    free(self);
    if (!good) {
        gf_flow_free(lines);
        return gf_fail_memory(error, "the nullclines");
    }
    return GF_OK;
}
