/* Independent tasks, shared out to the threads of the machine.
 *
 * Blocks of a Hamiltonian, random vectors, rows of a grid and realisations of a run have this in
 * common: many tasks that know nothing of one another, of which a few take longest. One runner does
 * them all, the costliest first, each task on one thread with one BLAS thread; those that are worth
 * the whole machine go before, one at a time, with nothing beside them. It stops at the first
 * failure, can be interrupted, tells how far it is and when a checkpoint is due.
 *
 * Results must not depend on where or in which order tasks are run. So a task leaves what it finds
 * in its workspace, or in memory that belongs to its index alone, and `keep` puts it in the place
 * of this index; what depends on the order of results, a sum even, comes after gf_tasks_run() and
 * goes through them by index. A context is read only while tasks run: `keep` and `save`, called by
 * one thread at a time, are the sole functions that may write to it.
 *
 *     static gf_status run(const void *context, gf_task *task, gf_error *error) {
 *         const work *self = context;
 *         return evaluate(task->workspace, self->points[task->index], &self->values[task->index]);
 *     }
 *     gf_tasks all = {.count = n, .context = &work, .begin = begin, .end = end, .run = run};
 *     gf_status status = gf_tasks_run(&all, error);
 */
#ifndef GIBBSFLOW_TASKS_H
#define GIBBSFLOW_TASKS_H

#include "base/bytes.h"
#include "gibbsflow/error.h"
#include "gibbsflow/progress.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

/* A task at work. */
typedef struct gf_task {
    size_t index;    /* 0 ... count-1 */
    void *workspace; /* of the worker that does it: nobody else touches it meanwhile */
    bool begun;      /* a leg of it has been done here; false when `run` is called for it first */
    double left;     /* of its cost, see `run` */
} gf_task;

/* What there is to do. A NULL function stands for the plainest behaviour; only `run` is needed. */
typedef struct gf_tasks {
    size_t count;
    void *context; /* passed on to all functions */

    /* What a task takes, > 0, in any unit, all of it and what is left to do now; a task without
     * anything left is not run. NULL: 1, and all of it. */
    double (*cost)(const void *context, size_t index);
    double (*left)(const void *context, size_t index);

    /* True if a task is to have the machine alone. It is called outside of parallel regions, with
     * `blas_alone` BLAS threads: 0 stands for all, 1 is for tasks that share their work out to
     * OpenMP threads on their own. NULL: none is. */
    bool (*alone)(const void *context, size_t index);
    int blas_alone;

    /* Makes and frees the workspace of a worker, for instance an evaluator, on the thread that will
     * use it. As many exist as tasks run side by side, fewer if there are not enough tasks. A
     * `begin` that fails leaves nothing to free. */
    gf_status (*begin)(const void *context, void **workspace, gf_error *error);
    void (*end)(void *workspace);

    /* Does a task. Side by side with others, so it must not write to anything that they read. A
     * long task may be done in legs: it returns with task->left, preset to 0, as what is then left
     * of its cost, and is called again, with the same workspace, until nothing is. Between legs the
     * runner keeps, saves, and stops if it must; a task that was stopped is not called again. */
    gf_status (*run)(const void *context, gf_task *task, gf_error *error);

    /* Puts what a task, or a leg of it, has found in its place. Called after each, unless that or
     * another task has failed; by one thread at a time. */
    gf_status (*keep)(void *context, const gf_task *task, gf_error *error);

    /* Makes a checkpoint of what has been kept, or adds it up: what is rank 0's alone to do. Called
     * after `keep`, likewise by one thread at a time, when the last call is `save_every` seconds
     * ago or more; not at the end. */
    gf_status (*save)(void *context, gf_error *error);
    double save_every;

    /* Carries what has been kept of a task, nothing even, into bytes, or out of them to its place.
     * Tasks that have it are shared out to all ranks of a job (ranks.h): whichever rank has done
     * them, in the end every rank holds what rank 0 has kept, and goes on with that. Rank 0 alone
     * saves and tells how far all is. Every rank must come here, with the same tasks. NULL: each
     * rank does all of them. */
    void (*carry)(void *context, size_t index, gf_bytes *bytes);

    const volatile sig_atomic_t *stop; /* becomes non-zero: no more legs are begun; or NULL */
    /* Called on rank 0 as soon as that is so, after `save`, by a thread of its own: legs at work
     * may take long, and a program need not wait for them but may end here. NULL: wait. */
    void (*stopped)(void *context);
    const gf_progress *progress; /* the part of all costs that is done, 1 at the end; or NULL */
} gf_tasks;

/* Does what is left to do, on gf_machine_threads() threads; within a parallel region, on the
 * calling one. Returns GF_OK if all is done or it was told to stop, or the first failure of any
 * function above. Sets the number of OpenBLAS threads of the process meanwhile. */
gf_status gf_tasks_run(const gf_tasks *self, gf_error *error);

#endif
