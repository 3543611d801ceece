/* The ranks of an MPI job. */
#include "base/ranks.h"

#include <mpi.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NOTE = 1, DATA = 2 };      /* tags */
enum { LARGEST = 1 << 30 };       /* bytes of one message: MPI counts them in an int */
enum { SPINS = 100 };             /* looks before the first pause */
enum { LONGEST_PAUSE = 1000000 }; /* between looks, in nanoseconds */

/* What this process is, set once by gf_ranks_begin(); `held` by the runner of tasks. */
static struct {
    int count, rank, on_node, sharing;
    bool held;
    MPI_Comm leaving; /* apart: who leaves early must not pass for one who meets the others */
} place = {.count = 1, .on_node = 1, .sharing = 1, .leaving = MPI_COMM_NULL};

/* --- joining --------------------------------------------------------------------------------- */

/* MPI_Init of a process that nobody launched would start a daemon. */
static bool is_launched(void) {
    static const char *const signs[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK",
                                        "PMI_SIZE"};
    bool found = false;
    for (size_t k = 0; k < sizeof signs / sizeof *signs; ++k) {
        found = found || getenv(signs[k]) != NULL;
    }
    return found;
}

/* Who else is on this machine, and on the same processors. */
static void look_around(void) {
    MPI_Comm node = MPI_COMM_NULL;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
    MPI_Comm_size(node, &place.on_node);
    cpu_set_t own, *all = calloc((size_t)place.on_node, sizeof *all);
    CPU_ZERO(&own);
    (void)sched_getaffinity(0, sizeof own, &own);
    if (all == NULL) {
        gf_ranks_abort(EXIT_FAILURE);
    }
    MPI_Allgather(&own, (int)sizeof own, MPI_BYTE, all, (int)sizeof own, MPI_BYTE, node);
    place.sharing = 0;
    for (int k = 0; k < place.on_node; ++k) {
        place.sharing += CPU_EQUAL(&own, &all[k]) ? 1 : 0;
    }
    free(all);
    MPI_Comm_free(&node);
}

void gf_ranks_begin(void) {
    int level = 0;
    if (!is_launched()) {
        return;
    }
    MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &level);
    MPI_Comm_size(MPI_COMM_WORLD, &place.count);
    MPI_Comm_rank(MPI_COMM_WORLD, &place.rank);
    if (level < MPI_THREAD_SERIALIZED) { /* every MPI since 2008 can */
        gf_ranks_abort(EXIT_FAILURE);
    }
    MPI_Comm_dup(MPI_COMM_WORLD, &place.leaving);
    look_around();
}

/* --- waiting --------------------------------------------------------------------------------- */

static double now(void) {
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Until the request is done; false if that takes more than `patience` seconds. MPI's own way to
 * wait takes a processor from ranks that work. */
static bool await(MPI_Request *request, double patience) {
    double start = now();
    long pause = 1000;
    int done = 0;
    for (int looks = 0; MPI_Test(request, &done, MPI_STATUS_IGNORE), done == 0; ++looks) {
        if (patience >= 0 && now() - start > patience) {
            return false;
        }
        if (looks > SPINS) {
            (void)nanosleep(&(struct timespec){.tv_nsec = pause}, NULL);
            pause = 2 * pause < LONGEST_PAUSE ? 2 * pause : LONGEST_PAUSE;
        }
    }
    return true;
}

bool gf_ranks_end(double patience) {
    if (place.leaving == MPI_COMM_NULL) {
        return true;
    }
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Ibarrier(place.leaving, &request);
    bool all = await(&request, patience);
    if (all) {
        MPI_Comm_free(&place.leaving);
        MPI_Finalize();
    }
    return all;
}

void gf_ranks_abort(int exit_status) {
    if (place.count > 1) {
        MPI_Abort(MPI_COMM_WORLD, exit_status);
    }
}

/* --- looking --------------------------------------------------------------------------------- */

int gf_ranks_count(void) {
    return place.held ? 1 : place.count;
}

int gf_ranks_rank(void) {
    return place.rank;
}

int gf_ranks_on_node(void) {
    return place.on_node;
}

int gf_ranks_sharing(void) {
    return place.sharing;
}

void gf_ranks_hold(bool held) {
    place.held = held;
}

/* --- together -------------------------------------------------------------------------------- */

static int piece_of(size_t left) {
    return left < LARGEST ? (int)left : LARGEST;
}

void gf_ranks_meet(void) {
    MPI_Request request = MPI_REQUEST_NULL;
    if (gf_ranks_count() > 1) {
        MPI_Ibarrier(MPI_COMM_WORLD, &request);
        (void)await(&request, -1);
    }
}

void gf_ranks_broadcast(void *data, size_t size) {
    for (size_t at = 0; at < size && gf_ranks_count() > 1; at += LARGEST) {
        MPI_Request request = MPI_REQUEST_NULL;
        MPI_Ibcast((char *)data + at, piece_of(size - at), MPI_BYTE, 0, MPI_COMM_WORLD, &request);
        (void)await(&request, -1);
    }
}

double gf_ranks_least(double value) {
    double least = value;
    if (gf_ranks_count() > 1) {
        MPI_Request request = MPI_REQUEST_NULL;
        MPI_Iallreduce(&value, &least, 1, MPI_DOUBLE, MPI_MIN, MPI_COMM_WORLD, &request);
        (void)await(&request, -1);
    }
    return least;
}

void gf_ranks_sum(double *values, size_t count) {
    size_t most = LARGEST / sizeof *values;
    for (size_t at = 0; at < count && gf_ranks_count() > 1; at += most) {
        int piece = (int)(count - at < most ? count - at : most);
        MPI_Request request = MPI_REQUEST_NULL;
        MPI_Iallreduce(MPI_IN_PLACE, values + at, piece, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD,
                       &request);
        (void)await(&request, -1);
    }
}

/* --- from one to another --------------------------------------------------------------------- */

static void send_as(int tag, int to, const void *data, size_t size) {
    for (size_t at = 0; at < size; at += LARGEST) {
        MPI_Request request = MPI_REQUEST_NULL;
        MPI_Isend((const char *)data + at, piece_of(size - at), MPI_BYTE, to, tag, MPI_COMM_WORLD,
                  &request);
        (void)await(&request, -1);
    }
}

void gf_ranks_tell(int to, const void *note, size_t size) {
    send_as(NOTE, to, note, size);
}

int gf_ranks_hear(void *note, size_t size) {
    int there = 0;
    MPI_Status status;
    MPI_Iprobe(MPI_ANY_SOURCE, NOTE, MPI_COMM_WORLD, &there, &status);
    if (there == 0) {
        return -1;
    }
    MPI_Recv(note, (int)size, MPI_BYTE, status.MPI_SOURCE, NOTE, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    return status.MPI_SOURCE;
}

void gf_ranks_send(int to, const void *data, size_t size) {
    send_as(DATA, to, data, size);
}

void gf_ranks_receive(int from, void *data, size_t size) {
    for (size_t at = 0; at < size; at += LARGEST) {
        MPI_Request request = MPI_REQUEST_NULL;
        MPI_Irecv((char *)data + at, piece_of(size - at), MPI_BYTE, from, DATA, MPI_COMM_WORLD,
                  &request);
        (void)await(&request, -1);
    }
}
