/* The plane of magnetisation and energy: its border, fixed points and lines, for figures of it. */
#ifndef GIBBSFLOW_FIGURE_PLANE_H
#define GIBBSFLOW_FIGURE_PLANE_H

#include "figure/kinds.h"
#include "figure/plot.h"
#include "gibbsflow/flow.h"
#include "gibbsflow/force_table.h"

/* What may lie in it, besides border and fixed points. */
enum {
    GF_LAYER_FLOW = 1, /* unstable manifolds */
    GF_LAYER_NULLCLINES = 2,
    GF_LAYER_SEPARATRICES = 4,
    GF_LAYER_BASINS = 8
};

/* Adds the layers that a list such as "nullclines,basins" names; NULL: none. */
gf_status gf_plane_parse_layers(const char *list, unsigned *layers, gf_error *error);

typedef struct gf_plane {
    gf_file *file;
    gf_force_table table;
    gf_fixed_points points;
    gf_flow flow, separatrices, nullclines[GF_CHARGES];
    double *corners; /* [corner_count][GF_CHARGES] */
    size_t corner_count;
    double (*visible)[GF_CHARGES]; /* [visible_count], the part of the region in the frame */
    size_t visible_count;
    gf_label title;
    double low[GF_CHARGES], high[GF_CHARGES]; /* the frame */
    unsigned layers;
    const gf_figure_overlay *overlay;
    size_t pixels[GF_CHARGES]; /* of the basins: a raster over the frame, row by row of energies */
    int *basin;                /* [pixels[1]][pixels[0]] */
} gf_plane;

/* Fails where there is no plane to draw, or a layer cannot be drawn. The caller frees the plane. */
gf_status gf_plane_read(const gf_figure *figure, gf_plane *plane, gf_error *error);
void gf_plane_free(gf_plane *self);

/* How many lines the legend has, laid out in columns over a width. */
size_t gf_plane_key_rows(const gf_plane *self, double width);
void gf_plane_write_key(const gf_plane *self, double left, double top, double width, gf_plot *plot);

/* The data blocks. */
void gf_plane_write_data(const gf_plane *self, gf_plot *plot);
/* Ranges, tics and border of a frame. */
void gf_plane_write_axes(const gf_plane *self, gf_plot *plot);
/* Parts of a `plot` command, each of which ends in ", ": what lies under the field, the white
 * outside of the region, and what lies over the field but for its end, the fixed points. */
void gf_plane_plot_under(const gf_plane *self, FILE *out);
void gf_plane_plot_outside(FILE *out);
void gf_plane_plot_over(const gf_plane *self, FILE *out);

/* Whether a density is in the region. */
bool gf_plane_contains(const gf_plane *self, const double density[GF_CHARGES]);

#endif
