#include "base/tasks.h"

#include "base/machine.h"

#include <omp.h>
#include <stdlib.h>

/* A task that waits. */
typedef struct entry {
    size_t index;
    double left;
    bool alone;
} entry;

/* What the workers share. */
typedef struct runner {
    const gf_tasks *tasks;
    entry *queue; /* [queued]: first those alone, of each kind the costliest first */
    size_t queued, alone;
    omp_lock_t lock; /* guards everything below, and what `keep` and `save` do */
    size_t next;     /* to be taken */
    size_t finished;
    double cost, left; /* of all tasks */
    double saved;      /* when */
    gf_status status;
    gf_error error;
} runner;

/* --- the queue ------------------------------------------------------------------------------- */

static int compare_entries(const void *left, const void *right) {
    const entry *a = left, *b = right;
    if (a->alone != b->alone) {
        return a->alone ? -1 : 1;
    }
    if (a->left < b->left || a->left > b->left) {
        return a->left > b->left ? -1 : 1;
    }
    return (a->index > b->index) - (a->index < b->index);
}

static void fill_queue(runner *self) {
    const gf_tasks *tasks = self->tasks;
    const void *context = tasks->context;
    for (size_t k = 0; k < tasks->count; ++k) {
        double cost = tasks->cost != NULL ? tasks->cost(context, k) : 1;
        double left = tasks->left != NULL ? tasks->left(context, k) : cost;
        bool alone = tasks->alone != NULL && tasks->alone(context, k);
        self->cost += cost;
        if (left > 0) {
            self->left += left;
            self->alone += alone;
            self->queue[self->queued++] = (entry){.index = k, .left = left, .alone = alone};
        }
    }
    qsort(self->queue, self->queued, sizeof *self->queue, compare_entries);
}

/* --- under the lock -------------------------------------------------------------------------- */

static bool must_stop(const runner *self) {
    const volatile sig_atomic_t *stop = self->tasks->stop;
    return self->status != GF_OK || (stop != NULL && *stop != 0);
}

static void update_progress(const runner *self) {
    bool all = self->finished == self->queued;
    gf_progress_update(self->tasks->progress,
                       all || self->left <= 0 ? 1 : (self->cost - self->left) / self->cost);
}

static gf_status save_if_due(runner *self) {
    const gf_tasks *tasks = self->tasks;
    gf_status status = GF_OK;
    if (tasks->save != NULL && gf_machine_clock() - self->saved >= tasks->save_every) {
        status = tasks->save(tasks->context, &self->error);
        self->saved = gf_machine_clock();
    }
    return status;
}

/* Keeps a leg after which `done` less of the cost is left. */
static void settle(runner *self, const gf_task *task, double done) {
    const gf_tasks *tasks = self->tasks;
    if (tasks->keep != NULL) {
        self->status = tasks->keep(tasks->context, task, &self->error);
    }
    if (self->status == GF_OK) {
        self->status = save_if_due(self);
    }
    self->left -= done;
    self->finished += task->left <= 0;
    if (self->status == GF_OK) {
        update_progress(self);
    }
}

/* --- workers --------------------------------------------------------------------------------- */

/* Takes the next task before `end`; false if there is none, or no more are to be begun. */
static bool take(runner *self, size_t end, gf_task *task) {
    omp_set_lock(&self->lock);
    bool taken = self->next < end && !must_stop(self);
    if (taken) {
        const entry *next = &self->queue[self->next++];
        task->index = next->index;
        task->left = next->left;
        task->begun = false;
    }
    omp_unset_lock(&self->lock);
    return taken;
}

static void fail(runner *self, gf_status status, const gf_error *error) {
    omp_set_lock(&self->lock);
    if (self->status == GF_OK) {
        self->status = status;
        self->error = *error;
    }
    omp_unset_lock(&self->lock);
}

/* One task, leg by leg. */
static void run_task(runner *self, gf_task *task) {
    const gf_tasks *tasks = self->tasks;
    gf_error error;
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
            settle(self, task, before - task->left);
        }
        stop = must_stop(self);
        omp_unset_lock(&self->lock);
    }
}

/* Does tasks before `end` until there are none. */
static void work(runner *self, size_t end) {
    const gf_tasks *tasks = self->tasks;
    gf_task task = {0};
    gf_error error;
    if (!take(self, end, &task)) {
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
    } while (take(self, end, &task));
    if (tasks->end != NULL) {
        tasks->end(task.workspace);
    }
}

/* The tasks alone, then the others side by side. */
static void run_all(runner *self) {
    if (omp_in_parallel() != 0) { /* BLAS belongs to whoever opened the region */
        work(self, self->alone);
        work(self, self->queued);
        return;
    }
    int threads = gf_machine_threads(), alone = self->tasks->blas_alone;
    int before = gf_machine_set_blas_threads(1);
    if (self->alone > 0) {
        (void)gf_machine_set_blas_threads(alone > 0 ? alone : threads);
        work(self, self->alone);
        (void)gf_machine_set_blas_threads(1);
    }
#pragma omp parallel num_threads(threads)
    work(self, self->queued);
    (void)gf_machine_set_blas_threads(before);
}

gf_status gf_tasks_run(const gf_tasks *tasks, gf_error *error) {
    runner self = {.tasks = tasks,
                   .queue = malloc((tasks->count + 1) * sizeof *self.queue),
                   .saved = gf_machine_clock()};
    if (self.queue == NULL) {
        return gf_fail_memory(error, "a list of tasks");
    }
    fill_queue(&self);
    if (self.left < self.cost) {
        update_progress(&self);
    }
    omp_init_lock(&self.lock);
    run_all(&self);
    omp_destroy_lock(&self.lock);
    free(self.queue);
    return self.status == GF_OK ? GF_OK : gf_fail(error, self.status, "%s", self.error.message);
}
