/* What does the tasks of one gf_tasks_run() (tasks.c), and how several of them share one list, one
 * on each rank of a job (runner.c).
 *
 * Rank 0 has the list and hands it out, the costliest first; its own threads take from it like
 * those of other ranks. These ask for tasks when they have none, several at a time where they are
 * small, and send what has been kept: at the end of a task, when a checkpoint is due, and when all
 * is to stop. A thread of rank 0 answers, puts what comes into its place, and makes checkpoints. At
 * the end rank 0 gives everything to all, by index. */
#ifndef GIBBSFLOW_RUNNER_H
#define GIBBSFLOW_RUNNER_H

#include "base/tasks.h"

#include <omp.h>
#include <pthread.h>

/* A task that waits. */
typedef struct gf_runner_entry {
    size_t index;
    double left;
    bool alone;
} gf_runner_entry;

/* What the workers share. */
typedef struct gf_runner {
    const gf_tasks *tasks;
    gf_runner_entry *queue; /* [queued]: first those alone, of each kind the costliest first; of
                               another rank than 0 what it was given last */
    size_t queued;
    omp_lock_t lock; /* guards everything below, and what `keep` and `save` do */
    size_t next;     /* to be taken */
    size_t finished;
    double cost, left; /* of all tasks */
    double waiting;    /* of those to be taken */
    double saved;      /* when */
    gf_status status;
    gf_error error;

    int ranks, rank; /* that share the list; 1, 0 */
    bool told;       /* to stop, by another rank */
    double unsaid;   /* of another rank than 0: cost that is done but not reported, and when it */
    double said;     /* reported last */
    /* Of rank 0: */
    bool *ended;      /* [ranks] which others know that nothing more is to be begun */
    bool stopped;     /* that all is to stop has been told to `tasks` */
    bool over;        /* nothing more to do here */
    pthread_t server; /* answers other ranks, and looks whether all is to stop */
} gf_runner;

bool gf_runner_must_stop(const gf_runner *self);
/* After `done` of the cost has been kept, which completes `finished` tasks: saves if it is time. */
void gf_runner_account(gf_runner *self, size_t finished, double done);

/* Of several ranks, 0 begins to answer; it, or the only one, to look. */
gf_status gf_runner_open(gf_runner *self, gf_error *error);
/* Another rank asks for tasks. Under the lock, like the next. */
void gf_runner_refill(gf_runner *self, bool alone);
/* Another rank's worker has kept a leg; `sent` is when it sent what was kept, and is set. */
void gf_runner_report(gf_runner *self, const gf_task *task, double done, double *sent);
/* Nothing more to do here: waits until that is so everywhere. */
void gf_runner_close(gf_runner *self);
/* All ranks get the outcome of rank 0, and what was kept. */
void gf_runner_agree(gf_runner *self);

enum { GF_RUNNER_BATCH = 64 }; /* tasks given at a time, at most */

#endif
