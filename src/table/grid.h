/* How a grid is filled and stored. */
#ifndef GIBBSFLOW_TABLE_GRID_H
#define GIBBSFLOW_TABLE_GRID_H

#include "base/bytes.h"
#include "gibbsflow/file.h"
#include "gibbsflow/grid.h"

enum { GF_GRID_VALUES = 12, GF_GRID_FIRST_ERROR = 8 };

/* What a group calls its axes, and which values it stores. */
typedef struct gf_grid_layout {
    const char *axis_path[2], *axis_units[2];
    const char *path[GF_GRID_VALUES]; /* of lambda, density ..., as in gf_grid; NULL: not stored */
} gf_grid_layout;

/* All values are NaN. The caller frees the grid. */
gf_status gf_grid_allocate(gf_grid *self, gf_axis rows, gf_axis columns, size_t channels,
                           gf_error *error);
/* Adds errors, NaN: at given lambda of all values that have them, else of the force alone. */
gf_status gf_grid_allocate_errors(gf_grid *self, bool at_lambda, gf_error *error);
void gf_grid_free(gf_grid *self);

/* Puts a state evaluated with GF_RESPONSE at row * columns + column. */
void gf_grid_store(gf_grid *self, size_t at, size_t channels, const gf_state *state);

/* Puts standard errors at given lambda there. */
void gf_grid_store_errors(gf_grid *self, size_t at, const gf_state *error);

/* What stands there, errors too, to another process or from it. */
void gf_grid_carry(gf_grid *self, size_t at, size_t channels, gf_bytes *bytes);

void gf_grid_write(const gf_grid_layout *names, const gf_grid *grid, size_t channels,
                   gf_file *file);
/* The file remembers failures; after one the grid is empty. The caller frees it. */
void gf_grid_read(const gf_grid_layout *names, size_t channels, gf_grid *grid, gf_file *file);

#endif
