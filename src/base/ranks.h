/* The processes of one job: ranks 0 ... count-1, each running the same program on the same input.
 *
 * A program built with GIBBSFLOW_MPI has those of `mpirun` (ranks_mpi.c, which alone knows MPI),
 * without it there is one (ranks_alone.c). Every rank goes the same way and comes to the same
 * results; what tasks find is shared out and brought together by gf_tasks_run() (tasks.h), and rank
 * 0 alone writes files (io/file.c) and prints (cli). Which rank a process is belongs to the
 * process, so there is no struct. Nobody who waits keeps a processor busy. Calls are made by one
 * thread at a time. */
#ifndef GIBBSFLOW_RANKS_H
#define GIBBSFLOW_RANKS_H

#include <stdbool.h>
#include <stddef.h>

/* Joins the job, if the process was started as a part of one. Only a program calls it; until then,
 * and for users of the library, there is one rank. */
void gf_ranks_begin(void);
/* Leaves it when all ranks do; false if some have not come after `patience` seconds (negative:
 * without end). */
bool gf_ranks_end(double patience);
/* Ends all processes of the job. Does not return where there is more than one. */
void gf_ranks_abort(int exit_status);

int gf_ranks_count(void); /* 1 while tasks are at work: what they do is their own rank's */
int gf_ranks_rank(void);  /* 0 of a process of its own */

int gf_ranks_on_node(void); /* ranks that share the memory of this machine, this one included */
int gf_ranks_sharing(void); /* of these, that may run on the same processors */

void gf_ranks_hold(bool held); /* tasks are at work, or no more */

/* All ranks together. */
void gf_ranks_meet(void);
void gf_ranks_broadcast(void *data, size_t size); /* rank 0's, to all */
double gf_ranks_least(double value);
void gf_ranks_sum(double *values, size_t count); /* in place, on all */

/* From one to another; sizes are known to both. A note is `size` bytes that the other one comes to
 * look for: gf_ranks_hear() returns at once, with the sender of a note, or -1 if none has come. */
void gf_ranks_tell(int to, const void *note, size_t size);
int gf_ranks_hear(void *note, size_t size);
void gf_ranks_send(int to, const void *data, size_t size);
void gf_ranks_receive(int from, void *data, size_t size);

#endif
