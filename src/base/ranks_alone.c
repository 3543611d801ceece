/* One process, without MPI. */
#include "base/ranks.h"

void gf_ranks_begin(void) {
}

bool gf_ranks_end(double patience) {
    (void)patience;
    return true;
}

void gf_ranks_abort(int exit_status) {
    (void)exit_status;
}

int gf_ranks_count(void) {
    return 1;
}

int gf_ranks_rank(void) {
    return 0;
}

int gf_ranks_on_node(void) {
    return 1;
}

int gf_ranks_sharing(void) {
    return 1;
}

void gf_ranks_hold(bool held) {
    (void)held;
}

void gf_ranks_meet(void) {
}

void gf_ranks_broadcast(void *data, size_t size) {
    (void)data, (void)size;
}

double gf_ranks_least(double value) {
    return value;
}

void gf_ranks_sum(double *values, size_t count) {
    (void)values, (void)count;
}

void gf_ranks_tell(int to, const void *note, size_t size) {
    (void)to, (void)note, (void)size;
}

int gf_ranks_hear(void *note, size_t size) {
    (void)note, (void)size;
    return -1;
}

void gf_ranks_send(int to, const void *data, size_t size) {
    (void)to, (void)data, (void)size;
}

void gf_ranks_receive(int from, void *data, size_t size) {
    (void)from, (void)data, (void)size;
}
