#include "base/tasks.h"

#include "base/machine.h"
#include "base/ranks.h"
#include "base/runner.h"

#include <omp.h>
#include <stdlib.h>

/* --- the queue ------------------------------------------------------------------------------- */

static int compare_entries(const void *left, const void *right) {
    const gf_runner_entry *a = left, *b = right;
    if (a->alone != b->alone) {
        return a->alone ? -1 : 1;
    }
    if (a->left < b->left || a->left > b->left) {
        return a->left > b->left ? -1 : 1;
    }
    return (a->index > b->index) - (a->index < b->index);
}

static void fill_queue(gf_runner *self) {
    const gf_tasks *tasks = self->tasks;
    const void *context = tasks->context;
    for (size_t k = 0; k < tasks->count; ++k) {
        double cost = tasks->cost != NULL ? tasks->cost(context, k) : 1;
        double left = tasks->left != NULL ? tasks->left(context, k) : cost;
        bool alone = tasks->alone != NULL && tasks->alone(context, k);
        self->cost += cost;
        if (left > 0) {
            self->left += left;
            self->waiting += left;
            self->queue[self->queued++] =
                (gf_runner_entry){.index = k, .left = left, .alone = alone};
        }
    }
    qsort(self->queue, self->queued, sizeof *self->queue, compare_entries);
}

/* --- under the lock -------------------------------------------------------------------------- */

bool gf_runner_must_stop(const gf_runner *self) {
    const volatile sig_atomic_t *stop = self->tasks->stop;
    return self->status != GF_OK || self->told || (stop != NULL && *stop != 0);
}

static void update_progress(const gf_runner *self) {
    bool all = self->finished == self->queued;
    gf_progress_update(self->tasks->progress,
                       all || self->left <= 0 ? 1 : (self->cost - self->left) / self->cost);
}

static gf_status save_if_due(gf_runner *self) {
    const gf_tasks *tasks = self->tasks;
    gf_status status = GF_OK;
    if (tasks->save != NULL && gf_machine_clock() - self->saved >= tasks->save_every) {
        status = tasks->save(tasks->context, &self->error);
        self->saved = gf_machine_clock();
    }
    return status;
}

void gf_runner_account(gf_runner *self, size_t finished, double done) {
    self->status = save_if_due(self);
    self->left -= done;
    self->finished += finished;
    if (self->status == GF_OK) {
        update_progress(self);
    }
}

/* Keeps a leg after which `done` less of the cost is left; `sent` is when another rank than 0 sent
 * what it had kept of the task. */
static void settle(gf_runner *self, const gf_task *task, double done, double *sent) {
    const gf_tasks *tasks = self->tasks;
    if (tasks->keep != NULL) {
        self->status = tasks->keep(tasks->context, task, &self->error);
    }
    if (self->rank > 0) {
        gf_runner_report(self, task, done, sent);
    } else if (self->status == GF_OK) {
        gf_runner_account(self, task->left <= 0 ? 1 : 0, done);
    }
}

/* --- workers --------------------------------------------------------------------------------- */

/* True if a task waits, of those alone or of the others, which come after them. */
static bool has_next(const gf_runner *self, bool alone) {
    return self->next < self->queued && self->queue[self->next].alone == alone;
}

/* Takes the next task; false if there is none, or no more are to be begun. */
static bool take(gf_runner *self, bool alone, gf_task *task) {
    omp_set_lock(&self->lock);
    if (self->rank > 0 && !gf_runner_must_stop(self) && self->next == self->queued) {
        gf_runner_refill(self, alone);
    }
    bool taken = !gf_runner_must_stop(self) && has_next(self, alone);
    if (taken) {
        const gf_runner_entry *next = &self->queue[self->next++];
        self->waiting -= next->left;
        task->index = next->index;
        task->left = next->left;
        task->begun = false;
    }
    omp_unset_lock(&self->lock);
    return taken;
}

static void fail(gf_runner *self, gf_status status, const gf_error *error) {
    omp_set_lock(&self->lock);
    if (self->status == GF_OK) {
        self->status = status;
        self->error = *error;
    }
    omp_unset_lock(&self->lock);
}

/* One task, leg by leg. */
static void run_task(gf_runner *self, gf_task *task) {
    const gf_tasks *tasks = self->tasks;
    gf_error error;
    double sent = gf_machine_clock();
    bool stop = false;
    while (task->left > 0 && !stop) {
        double before = task->left;
        task->left = 0;
        gf_status status = tasks->run(tasks->context, task, &error);
        task->begun = true;
        if (status != GF_OK) {
            fail(self, status, &error);
            return;
        }
        omp_set_lock(&self->lock);
        if (self->status == GF_OK) {
            settle(self, task, before - task->left, &sent);
        }
        stop = gf_runner_must_stop(self);
        omp_unset_lock(&self->lock);
    }
}

/* Does tasks, alone or others, until there are none. */
static void work(gf_runner *self, bool alone) {
    const gf_tasks *tasks = self->tasks;
    gf_task task = {0};
    gf_error error;
    if (!take(self, alone, &task)) {
        return;
    }
    gf_status status =
        tasks->begin != NULL ? tasks->begin(tasks->context, &task.workspace, &error) : GF_OK;
    if (status != GF_OK) {
        fail(self, status, &error);
        return;
    }
    do {
        run_task(self, &task);
    } while (take(self, alone, &task));
    if (tasks->end != NULL) {
        tasks->end(task.workspace);
    }
}

/* The tasks alone, then the others side by side. */
static void run_all(gf_runner *self) {
    if (omp_in_parallel() != 0) { /* BLAS belongs to whoever opened the region */
        work(self, true);
        work(self, false);
        return;
    }
    int threads = gf_machine_threads(), alone = self->tasks->blas_alone;
    int before = gf_machine_set_blas_threads(1);
    if (self->rank > 0 ? self->tasks->alone != NULL : has_next(self, true)) {
        (void)gf_machine_set_blas_threads(alone > 0 ? alone : threads);
        work(self, true);
        (void)gf_machine_set_blas_threads(1);
    }
#pragma omp parallel num_threads(threads)
    work(self, false);
    (void)gf_machine_set_blas_threads(before);
}

/* Within a parallel region, or a task, work is this process's own. */
static gf_status run_among_ranks(gf_runner *self, gf_error *error) {
    bool shared = self->tasks->carry != NULL && gf_ranks_count() > 1 && omp_in_parallel() == 0;
    bool outermost = gf_ranks_count() > 1;
    self->ranks = shared ? gf_ranks_count() : 1;
    self->rank = shared ? gf_ranks_rank() : 0;
    if (self->rank == 0) {
        fill_queue(self);
    }
    if (self->left < self->cost) {
        update_progress(self);
    }
    bool served = shared || (self->tasks->stopped != NULL && omp_in_parallel() == 0);
    gf_status status = served ? gf_runner_open(self, error) : GF_OK;
    if (status != GF_OK) {
        return status;
    }
    if (outermost) {
        gf_ranks_hold(true);
    }
    run_all(self);
    if (outermost) {
        gf_ranks_hold(false);
    }
    if (served) {
        gf_runner_close(self);
    }
    if (shared) {
        gf_runner_agree(self);
    }
    return self->status == GF_OK ? GF_OK : gf_fail(error, self->status, "%s", self->error.message);
}

gf_status gf_tasks_run(const gf_tasks *tasks, gf_error *error) {
    size_t room = (tasks->count > GF_RUNNER_BATCH ? tasks->count : GF_RUNNER_BATCH) + 1;
    gf_runner self = {
        .tasks = tasks, .queue = malloc(room * sizeof *self.queue), .saved = gf_machine_clock()};
    if (self.queue == NULL) {
        return gf_fail_memory(error, "a list of tasks");
    }
    omp_init_lock(&self.lock);
    gf_status status = run_among_ranks(&self, error);
    omp_destroy_lock(&self.lock);
    free(self.queue);
    return status;
}
