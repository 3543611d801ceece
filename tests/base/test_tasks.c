/* The runner of tasks: order, workspaces, tasks alone, legs, failures, interruption, checkpoints,
 * progress, and the same results whatever the threads. */
#include "suite.h"

#include "base/machine.h"
#include "base/progress_part.h"
#include "base/tasks.h"

#include <cblas.h>
#include <math.h>
#include <omp.h>
#include <stdatomic.h>
#include <stdio.h>

enum { COUNT = 40, LEGS = 5, BLAS_THREADS = 2 };

/* What a run of COUNT tasks is to do, and what it did. */
typedef struct record {
    size_t order[COUNT * LEGS]; /* [ran]: indices as `run` was called */
    atomic_size_t ran;
    size_t kept, kept_of[COUNT], saved, saved_of[COUNT];
    double value[COUNT];
    size_t done[COUNT], missing; /* legs that were there before; tasks that fail: this index */
    atomic_int working, alone, overlaps, workspaces, most, wrong_blas;
    double last_progress; /* reported */
    size_t reports;
    bool fell;
    double stop_at;
    volatile sig_atomic_t stop;
} record;

static void reset(record *self) {
    memset(self, 0, sizeof *self);
    self->missing = COUNT;
    self->stop_at = 2;
}

/* Task k takes 1 + 7 k mod COUNT, all different; every eighth wants the machine alone. */
static double cost(const void *context, size_t k) {
    (void)context;
    return 1 + (double)(7 * k % COUNT);
}

static bool is_alone(const void *context, size_t k) {
    (void)context;
    return k % 8 == 3;
}

static double left(const void *context, size_t k) {
    const record *self = context;
    return cost(context, k) * (double)(LEGS - self->done[k]) / LEGS;
}

typedef struct workspace {
    atomic_bool used;
    int thread;
    double result;
    record *owner;
} workspace;

static gf_status begin(const void *context, void **result, gf_error *error) {
    record *self = (record *)(uintptr_t)context;
    workspace *own = calloc(1, sizeof *own);
    ck_assert_ptr_nonnull(own);
    own->owner = self;
    own->thread = omp_get_thread_num();
    int now = atomic_fetch_add(&self->workspaces, 1) + 1;
    self->most = now > self->most ? now : self->most;
    *result = own;
    (void)error;
    return GF_OK;
}

static void end(void *self) {
    workspace *own = self;
    atomic_fetch_sub(&own->owner->workspaces, 1);
    free(own);
}

/* A result that takes a while and tells tasks apart. */
static double compute(size_t k) {
    double sum = 0;
    for (int i = 1; i < 20000; ++i) {
        sum += sin((double)(k + 1) * i) / i;
    }
    return sum;
}

/* Counts how many are at work, and sees what they must not see. */
static void enter(record *self, const gf_task *task) {
    workspace *own = task->workspace;
    bool alone = is_alone(self, task->index);
    int before = atomic_fetch_add(&self->working, 1);
    self->overlaps += (alone && before > 0) || (!alone && self->alone > 0) ? 1 : 0;
    self->overlaps += atomic_exchange(&own->used, true) || own->thread != omp_get_thread_num();
    atomic_fetch_add(&self->alone, alone ? 1 : 0);
    self->wrong_blas += openblas_get_num_threads() != (alone ? BLAS_THREADS : 1);
    self->order[atomic_fetch_add(&self->ran, 1)] = task->index;
}

static void leave(record *self, const gf_task *task) {
    atomic_store(&((workspace *)task->workspace)->used, false);
    atomic_fetch_sub(&self->alone, is_alone(self, task->index) ? 1 : 0);
    atomic_fetch_sub(&self->working, 1);
}

static gf_status run(const void *context, gf_task *task, gf_error *error) {
    record *self = (record *)(uintptr_t)context; /* to be watched */
    enter(self, task);
    ((workspace *)task->workspace)->result = compute(task->index);
    leave(self, task);
    return task->index == self->missing
               ? gf_fail(error, GF_NO_CONVERGENCE, "task %zu fails", task->index)
               : GF_OK;
}

/* The same in LEGS legs. */
static gf_status run_leg(const void *context, gf_task *task, gf_error *error) {
    const record *self = context;
    workspace *own = task->workspace;
    size_t k = task->index, made = self->done[k] + self->kept_of[k] + 1;
    ck_assert(task->begun == (self->kept_of[k] > 0));
    ck_assert(task->left <= 0);
    gf_status status = run(context, task, error);
    own->result /= LEGS;
    task->left = cost(context, k) * (double)(LEGS - made) / LEGS;
    return status;
}

static gf_status keep(void *context, const gf_task *task, gf_error *error) {
    (void)error;
    record *self = context;
    self->value[task->index] += ((workspace *)task->workspace)->result;
    ++self->kept_of[task->index];
    ++self->kept;
    return GF_OK;
}

static gf_status save(void *context, gf_error *error) {
    (void)error;
    record *self = context;
    ++self->saved;
    memcpy(self->saved_of, self->kept_of, sizeof self->kept_of);
    return GF_OK;
}

static void update(void *context, double fraction) {
    record *self = context;
    self->fell = self->fell || fraction < self->last_progress || fraction > 1;
    self->last_progress = fraction;
    self->stop = fraction >= self->stop_at ? 1 : self->stop;
    ++self->reports;
}

/* Runs COUNT tasks on `threads` threads. */
static gf_status run_tasks(record *self, int threads, bool legs, gf_error *error) {
    const gf_progress progress = {.update = update, .context = self};
    const gf_tasks tasks = {.count = COUNT,
                            .context = self,
                            .cost = cost,
                            .left = legs ? left : NULL,
                            .alone = is_alone,
                            .blas_alone = BLAS_THREADS,
                            .begin = begin,
                            .end = end,
                            .run = legs ? run_leg : run,
                            .keep = keep,
                            .save = save,
                            .stop = &self->stop,
                            .progress = &progress};
    int before = omp_get_max_threads();
    omp_set_num_threads(threads);
    gf_status status = gf_tasks_run(&tasks, error);
    omp_set_num_threads(before);
    ck_assert_int_eq(self->overlaps, 0);
    ck_assert_int_eq(self->wrong_blas, 0);
    ck_assert_int_eq(self->workspaces, 0);
    ck_assert_int_le(self->most, threads);
    ck_assert(!self->fell);
    return status;
}

START_TEST(the_costliest_go_first) {
    static record all;
    reset(&all);
    ck_assert_int_eq(run_tasks(&all, 1, false, NULL), GF_OK);
    ck_assert_uint_eq(all.ran, COUNT);
    for (size_t i = 1; i < COUNT; ++i) {
        size_t a = all.order[i - 1], b = all.order[i];
        ck_assert(is_alone(&all, a) || !is_alone(&all, b));
        ck_assert(is_alone(&all, a) != is_alone(&all, b) || cost(&all, a) > cost(&all, b));
    }
}
END_TEST

static gf_status run_equal(const void *context, gf_task *task, gf_error *error) {
    (void)error;
    record *self = (record *)(uintptr_t)context;
    self->order[atomic_fetch_add(&self->ran, 1)] = task->index;
    return GF_OK;
}

/* Nothing but `run`: by index, without workspace; and no tasks at all. */
START_TEST(the_plainest_tasks) {
    static record all;
    reset(&all);
    gf_tasks tasks = {.context = &all, .run = run_equal};
    ck_assert_int_eq(gf_tasks_run(&tasks, NULL), GF_OK);
    ck_assert_uint_eq(all.ran, 0);
    tasks.count = COUNT;
    omp_set_num_threads(1);
    ck_assert_int_eq(gf_tasks_run(&tasks, NULL), GF_OK);
    for (size_t k = 0; k < COUNT; ++k) {
        ck_assert_uint_eq(all.order[k], k);
    }
}
END_TEST

/* The same on one and more threads, in one piece and in legs; every task once; progress to 1; a
 * checkpoint after every leg, of all that was kept; BLAS as it was before. */
START_TEST(results_do_not_depend_on_threads) {
    int before = gf_machine_set_blas_threads(BLAS_THREADS);
    for (int threads = 1; threads <= 4; ++threads) {
        for (int legs = 0; legs < 2; ++legs) {
            static record all;
            reset(&all);
            ck_assert_int_eq(run_tasks(&all, threads, legs != 0, NULL), GF_OK);
            ck_assert_uint_eq(all.kept, COUNT * (legs != 0 ? LEGS : 1));
            ck_assert_uint_eq(all.saved, all.kept);
            ck_assert_uint_eq(all.reports, all.kept);
            ck_assert(all.last_progress >= 1);
            for (size_t k = 0; k < COUNT; ++k) {
                double expected = 0;
                for (int i = 0; i < LEGS && legs != 0; ++i) {
                    expected += compute(k) / LEGS;
                }
                ck_assert_double_eq(all.value[k], legs != 0 ? expected : compute(k));
                ck_assert_uint_eq(all.saved_of[k], legs != 0 ? LEGS : 1);
            }
            ck_assert_int_eq(openblas_get_num_threads(), BLAS_THREADS);
        }
    }
    (void)gf_machine_set_blas_threads(before);
}
END_TEST

/* Two tasks wait for one another: they come to an end only if both are at work at once. */
static gf_status meet(const void *context, gf_task *task, gf_error *error) {
    record *self = (record *)(uintptr_t)context;
    atomic_fetch_add(&self->working, 1);
    double start = gf_machine_clock();
    while (self->working < 2 && gf_machine_clock() - start < 60) {
    }
    return self->working >= 2 ? GF_OK : gf_fail(error, GF_INVALID, "%zu is alone", task->index);
}

START_TEST(tasks_run_side_by_side) {
    static record all;
    reset(&all);
    const gf_tasks tasks = {.count = 2, .context = &all, .run = meet};
    omp_set_num_threads(2);
    ck_assert_int_eq(gf_tasks_run(&tasks, NULL), GF_OK);
}
END_TEST

/* The first failure is reported; no task begins after it, and what fails is not kept. */
START_TEST(a_failure_stops_the_rest) {
    for (int threads = 1; threads <= 2; ++threads) {
        for (size_t k = 0; k < COUNT; ++k) {
            static record all;
            gf_error error = {.message = ""};
            char expected[32];
            reset(&all);
            all.missing = k;
            ck_assert_int_eq(run_tasks(&all, threads, false, &error), GF_NO_CONVERGENCE);
            (void)snprintf(expected, sizeof expected, "task %zu fails", k);
            ck_assert_str_eq(error.message, expected);
            ck_assert_int_eq(error.status, GF_NO_CONVERGENCE);
            ck_assert_uint_eq(all.kept_of[k], 0);
            ck_assert(all.last_progress < 1);
            ck_assert_uint_le(all.kept + 1, all.ran);
            if (threads == 1) {
                ck_assert_uint_eq(all.order[all.ran - 1], k);
                ck_assert_uint_eq(all.kept + 1, all.ran);
            }
        }
    }
}
END_TEST

static gf_status fail_to_begin(const void *context, void **result, gf_error *error) {
    (void)context;
    (void)result;
    return gf_fail(error, GF_NO_MEMORY, "no workspace");
}

static void never(void *self) {
    (void)self;
    ck_abort_msg("there is nothing to free");
}

static gf_status fail_to_keep(void *context, const gf_task *task, gf_error *error) {
    record *self = context;
    ++self->kept;
    return gf_fail(error, GF_INVALID, "cannot keep %zu", task->index);
}

static gf_status fail_to_save(void *context, gf_error *error) {
    record *self = context;
    ++self->saved;
    return gf_fail(error, GF_IO, "cannot save");
}

START_TEST(every_function_may_fail) {
    static record all;
    gf_error error = {.message = ""};
    omp_set_num_threads(2);
    reset(&all);
    gf_tasks tasks = {.count = COUNT, .context = &all, .run = run_equal};
    tasks.begin = fail_to_begin;
    tasks.end = never;
    ck_assert_int_eq(gf_tasks_run(&tasks, &error), GF_NO_MEMORY);
    ck_assert_str_eq(error.message, "no workspace");
    ck_assert_uint_eq(all.ran, 0);
    tasks.begin = NULL;
    tasks.end = NULL;
    tasks.keep = fail_to_keep;
    ck_assert_int_eq(gf_tasks_run(&tasks, &error), GF_INVALID);
    assert_starts(error.message, "cannot keep ");
    ck_assert_uint_eq(all.kept, 1);
    ck_assert_uint_le(all.ran, 2);
    tasks.keep = NULL;
    tasks.save = fail_to_save;
    ck_assert_int_eq(gf_tasks_run(&tasks, &error), GF_IO);
    ck_assert_str_eq(error.message, "cannot save");
    ck_assert_uint_eq(all.saved, 1);
    tasks.save_every = 1e9; /* never due */
    ck_assert_int_eq(gf_tasks_run(&tasks, &error), GF_OK);
    ck_assert_uint_eq(all.saved, 1);
}
END_TEST

/* Told to stop, the runner keeps the leg at hand; told to go on, it does only what is left. */
START_TEST(interrupted_tasks_go_on) {
    for (int threads = 1; threads <= 2; ++threads) {
        static record all, rest;
        reset(&all);
        all.stop_at = 0.4;
        ck_assert_int_eq(run_tasks(&all, threads, true, NULL), GF_OK);
        ck_assert(all.last_progress >= 0.4 && all.last_progress < 0.5);
        ck_assert_uint_eq(all.kept, all.ran);
        reset(&rest);
        memcpy(rest.done, all.kept_of, sizeof rest.done);
        ck_assert_int_eq(run_tasks(&rest, threads, true, NULL), GF_OK);
        ck_assert_uint_eq(all.kept + rest.kept, COUNT * LEGS);
        ck_assert_uint_eq(rest.reports, rest.kept + 1); /* what is done already counts at once */
        for (size_t k = 0; k < COUNT; ++k) {
            ck_assert_uint_eq(all.kept_of[k] + rest.kept_of[k], LEGS);
            ck_assert_double_eq_tol(all.value[k] + rest.value[k], compute(k), 1e-12);
        }
        reset(&rest);
        rest.stop = 1;
        ck_assert_int_eq(run_tasks(&rest, threads, true, NULL), GF_OK);
        ck_assert_uint_eq(rest.ran, 0);
    }
}
END_TEST

/* A task that consists of tasks, within a task alone and side by side. */
typedef struct nest {
    record *outer;
    double sum[COUNT];
} nest;

static gf_status run_inner(const void *context, gf_task *task, gf_error *error) {
    (void)error;
    double *values = (double *)(uintptr_t)context;
    values[task->index] = compute(task->index);
    return openblas_get_num_threads() == 1 ? GF_OK : gf_fail(error, GF_INVALID, "BLAS threads");
}

static gf_status run_outer(const void *context, gf_task *task, gf_error *error) {
    nest *self = (nest *)(uintptr_t)context;
    double values[COUNT] = {0};
    const gf_tasks inner = {.count = COUNT, .context = values, .run = run_inner};
    int before = openblas_get_num_threads();
    gf_status status = gf_tasks_run(&inner, error);
    for (size_t k = 0; k < COUNT; ++k) {
        self->sum[task->index] += values[k];
    }
    return status == GF_OK && openblas_get_num_threads() != before
               ? gf_fail(error, GF_INVALID, "BLAS threads are not restored")
               : status;
}

/* A leg that takes as long as it takes to be told that all is to stop. */
typedef struct patient {
    volatile sig_atomic_t stop;
    atomic_int kept, saved, told;
} patient;

static gf_status run_patiently(const void *context, gf_task *task, gf_error *error) {
    patient *self = (patient *)(uintptr_t)context;
    double begun = gf_machine_clock();
    (void)error;
    self->stop = task->index == 1;
    while (task->index == 1 && self->told == 0 && gf_machine_clock() - begun < 20) {
    }
    return GF_OK;
}

static gf_status count_kept(void *context, const gf_task *task, gf_error *error) {
    (void)task, (void)error;
    ++((patient *)context)->kept;
    return GF_OK;
}

static gf_status note_saved(void *context, gf_error *error) {
    patient *self = context;
    (void)error;
    self->saved = self->kept;
    return GF_OK;
}

static void note_stopped(void *context) {
    patient *self = context;
    ck_assert_int_eq(self->saved, 1);
    ++self->told;
}

/* What is finished is saved, though nothing was due, before what is at work ends. */
START_TEST(a_stop_is_told_at_once) {
    gf_error error;
    patient all = {.stop = 0};
    const gf_tasks tasks = {.count = 3,
                            .context = &all,
                            .run = run_patiently,
                            .keep = count_kept,
                            .save = note_saved,
                            .save_every = 1e9,
                            .stop = &all.stop,
                            .stopped = note_stopped};
    omp_set_num_threads(1);
    ck_assert_int_eq(gf_tasks_run(&tasks, &error), GF_OK);
    ck_assert_int_eq(all.told, 1);
    ck_assert_int_eq(all.kept, 2);
}
END_TEST

START_TEST(tasks_within_tasks) {
    gf_error error = {.message = ""};
    double expected = 0;
    for (size_t k = 0; k < COUNT; ++k) {
        expected += compute(k);
    }
    for (int threads = 1; threads <= 2; ++threads) {
        nest all = {0};
        const gf_tasks tasks = {.count = 8,
                                .context = &all,
                                .alone = is_alone,
                                .blas_alone = BLAS_THREADS,
                                .run = run_outer};
        omp_set_num_threads(threads);
        ck_assert_msg(gf_tasks_run(&tasks, &error) == GF_OK, "%s", error.message);
        for (size_t k = 0; k < 8; ++k) {
            ck_assert_double_eq(all.sum[k], expected);
        }
    }
}
END_TEST

START_TEST(progress_of_parts) {
    static record all;
    reset(&all);
    const gf_progress whole = {.update = update, .context = &all};
    gf_progress_part part = {.whole = &whole};
    const gf_progress own = gf_progress_of_part(&part);
    gf_progress_part_next(&part, 0.25);
    gf_progress_update(&own, 1);
    ck_assert_double_eq(all.last_progress, 0.25);
    gf_progress_part_next(&part, 0.75);
    gf_progress_update(&own, 0.5);
    ck_assert_double_eq(all.last_progress, 0.625);
    gf_progress_update(&own, 1);
    ck_assert_double_eq(all.last_progress, 1);
    part.whole = NULL;
    gf_progress_update(&own, 0.5);
    ck_assert_uint_eq(all.reports, 3);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("tasks");
    tcase_add_test(tests, the_costliest_go_first);
    tcase_add_test(tests, the_plainest_tasks);
    tcase_add_test(tests, results_do_not_depend_on_threads);
    tcase_add_test(tests, tasks_run_side_by_side);
    tcase_add_test(tests, a_failure_stops_the_rest);
    tcase_add_test(tests, every_function_may_fail);
    tcase_add_test(tests, interrupted_tasks_go_on);
    tcase_add_test(tests, a_stop_is_told_at_once);
    tcase_add_test(tests, tasks_within_tasks);
    tcase_add_test(tests, progress_of_parts);
    return run_suite("tasks", tests);
}
