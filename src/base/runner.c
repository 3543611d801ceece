#include "base/runner.h"

#include "base/machine.h"
#include "base/ranks.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- messages -------------------------------------------------------------------------------- */

/* To rank 0. A `LEG` is followed by `bytes` of what has been kept of its task, if that is sent, a
 * `FAILURE` by the message. */
typedef enum kind { ASK, LEG, FAILURE, LEAVE } kind;

typedef struct note {
    kind kind;
    bool alone;       /* ASK: what for */
    bool finished;    /* LEG: its task */
    bool interrupted; /* this rank has been told to stop */
    gf_status status;
    size_t index, bytes;
    double done; /* cost since the report before */
} note;

/* The answer to `ASK`. */
typedef struct batch {
    size_t count;
    gf_runner_entry entries[GF_RUNNER_BATCH];
} batch;

/* From rank 0, once in every run: nothing more is to be begun. */
typedef struct end {
    bool stop;
} end;

static bool is_interrupted(const gf_runner *self) {
    return self->tasks->stop != NULL && *self->tasks->stop != 0;
}

/* --- another rank than 0 --------------------------------------------------------------------- */

static void say(gf_runner *self, note one) {
    one.interrupted = is_interrupted(self);
    one.done = self->unsaid;
    self->unsaid = 0;
    self->said = gf_machine_clock();
    gf_ranks_tell(0, &one, sizeof one);
}

static void listen(gf_runner *self) {
    end word;
    if (!self->told && gf_ranks_hear(&word, sizeof word) == 0) {
        self->told = true;
    }
}

void gf_runner_refill(gf_runner *self, bool alone) {
    batch given;
    say(self, (note){.kind = ASK, .alone = alone});
    gf_ranks_receive(0, &given, sizeof given);
    memcpy(self->queue, given.entries, given.count * sizeof *self->queue);
    self->queued = given.count;
    self->next = 0;
}

/* Seconds between reports that a checkpoint does not want. */
static const double REPORT_EVERY = 0.2;

void gf_runner_report(gf_runner *self, const gf_task *task, double done, double *sent) {
    const gf_tasks *tasks = self->tasks;
    double now = gf_machine_clock();
    bool finished = task->left <= 0;
    self->unsaid += done;
    listen(self);
    bool due = tasks->save != NULL && now - *sent >= tasks->save_every / 2;
    if (self->status != GF_OK || !(finished || due || gf_runner_must_stop(self))) {
        if (now - self->said >= REPORT_EVERY) {
            say(self, (note){.kind = LEG, .index = task->index});
        }
        return;
    }
    gf_bytes bytes = {0};
    tasks->carry(tasks->context, task->index, &bytes);
    if (bytes.failed) {
        self->status = gf_fail_memory(&self->error, "a result to be sent");
    } else {
        say(self,
            (note){.kind = LEG, .index = task->index, .finished = finished, .bytes = bytes.size});
        gf_ranks_send(0, bytes.data, bytes.size);
    }
    gf_bytes_free(&bytes);
    *sent = now;
}

static void leave(gf_runner *self) {
    if (self->status != GF_OK) {
        say(self, (note){.kind = FAILURE, .status = self->status, .bytes = sizeof self->error});
        gf_ranks_send(0, &self->error, sizeof self->error);
    }
    say(self, (note){.kind = LEAVE});
    while (!self->told) {
        listen(self);
        (void)nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
    }
}

/* --- rank 0 ---------------------------------------------------------------------------------- */

/* The next tasks, fewer the less there is left: the last ones are what all wait for. */
static void give(gf_runner *self, int to, bool alone) {
    batch given = {0};
    double share = self->waiting / (8.0 * self->ranks * gf_machine_threads()), taken = 0;
    while (given.count < GF_RUNNER_BATCH && self->next < self->queued &&
           self->queue[self->next].alone == alone && !gf_runner_must_stop(self)) {
        const gf_runner_entry *one = &self->queue[self->next];
        if (given.count > 0 && (alone || taken + one->left > share)) {
            break;
        }
        given.entries[given.count++] = *one;
        taken += one->left;
        self->waiting -= one->left;
        ++self->next;
    }
    gf_ranks_send(to, &given, sizeof given);
}

static void take_result(gf_runner *self, int from, const note *one) {
    gf_bytes bytes = {.data = malloc(one->bytes + 1), .size = one->bytes, .reads = true};
    if (bytes.data == NULL) {
        self->status = gf_fail_memory(&self->error, "the results of other ranks");
        gf_ranks_abort(EXIT_FAILURE); /* there is nowhere to receive what is on its way */
        return;
    }
    gf_ranks_receive(from, bytes.data, bytes.size);
    if (self->status == GF_OK) {
        self->tasks->carry(self->tasks->context, one->index, &bytes);
        if (bytes.failed) {
            self->status = gf_fail_memory(&self->error, "the results of other ranks");
        }
    }
    gf_bytes_free(&bytes);
}

static void take_failure(gf_runner *self, int from) {
    gf_error error;
    gf_ranks_receive(from, &error, sizeof error);
    if (self->status == GF_OK) {
        self->status = error.status;
        self->error = error;
    }
}

/* Under the lock. True if the rank leaves. */
static bool answer(gf_runner *self, int from, const note *one) {
    self->told = self->told || one->interrupted;
    if (one->kind == ASK) {
        give(self, from, one->alone);
    } else if (one->kind == FAILURE) {
        take_failure(self, from);
    } else if (one->bytes > 0) {
        take_result(self, from, one);
    }
    if (self->status == GF_OK && (one->done > 0 || one->finished)) {
        gf_runner_account(self, one->finished ? 1 : 0, one->done);
    }
    return one->kind == LEAVE;
}

/* Tells a rank once that nothing more is to be begun; all of them when all is to stop. */
static void announce_end(gf_runner *self, int leaving) {
    bool stop = gf_runner_must_stop(self);
    for (int rank = 1; rank < self->ranks; ++rank) {
        if (!self->ended[rank] && (stop || rank == leaving)) {
            const end word = {.stop = stop};
            gf_ranks_tell(rank, &word, sizeof word);
            self->ended[rank] = true;
        }
    }
}

/* All that is finished is made safe at once, without the legs at work; unless they were the last.
 */
static void look_for_stop(gf_runner *self) {
    const gf_tasks *tasks = self->tasks;
    if (tasks->stopped == NULL || self->stopped || self->status != GF_OK ||
        self->finished == self->queued || !gf_runner_must_stop(self)) {
        return;
    }
    self->stopped = true;
    self->status = tasks->save != NULL ? tasks->save(tasks->context, &self->error) : GF_OK;
    if (self->status == GF_OK) {
        tasks->stopped(tasks->context);
    }
}

/* Answers until all other ranks have left, and looks until this one has done its part. */
static void *serve(void *context) {
    enum { SHORTEST = 20000, LONGEST = 1000000 }; /* nanoseconds between looks */
    gf_runner *self = context;
    long pause = SHORTEST;
    bool over = false;
    for (int present = self->ranks - 1; present > 0 || !over;) {
        note one;
        int from = present > 0 ? gf_ranks_hear(&one, sizeof one) : -1;
        omp_set_lock(&self->lock);
        bool leaves = from > 0 && answer(self, from, &one);
        announce_end(self, leaves ? from : 0);
        look_for_stop(self);
        over = self->over;
        omp_unset_lock(&self->lock);
        present -= leaves ? 1 : 0;
        pause = from > 0 ? SHORTEST : 2 * pause < LONGEST ? 2 * pause : LONGEST;
        if (from < 0) {
            (void)nanosleep(&(struct timespec){.tv_nsec = pause}, NULL);
        }
    }
    return NULL;
}

/* --- the beginning and the end --------------------------------------------------------------- */

gf_status gf_runner_open(gf_runner *self, gf_error *error) {
    if (self->ranks > 1) {
        gf_ranks_meet(); /* all have read the checkpoints that are about to change */
    }
    if (self->rank > 0) {
        return GF_OK;
    }
    self->ended = calloc((size_t)self->ranks, sizeof *self->ended);
    if (self->ended == NULL || pthread_create(&self->server, NULL, serve, self) != 0) {
        free(self->ended);
        return gf_fail_memory(error, "a thread for other ranks");
    }
    return GF_OK;
}

void gf_runner_close(gf_runner *self) {
    if (self->rank > 0) {
        omp_set_lock(&self->lock);
        leave(self);
        omp_unset_lock(&self->lock);
    } else {
        omp_set_lock(&self->lock);
        self->over = true;
        omp_unset_lock(&self->lock);
        (void)pthread_join(self->server, NULL);
        free(self->ended);
    }
}

/* What was kept of one task, from rank 0 to all. */
static gf_status spread(const gf_runner *self, size_t index, gf_error *error) {
    const gf_tasks *tasks = self->tasks;
    gf_bytes bytes = {0};
    if (self->rank == 0) {
        tasks->carry(tasks->context, index, &bytes);
    }
    size_t size = bytes.failed ? SIZE_MAX : bytes.size;
    gf_ranks_broadcast(&size, sizeof size);
    if (self->rank > 0 && size < SIZE_MAX) {
        bytes = (gf_bytes){.data = malloc(size + 1), .size = size, .reads = true};
        bytes.failed = bytes.data == NULL;
    }
    bool received = size < SIZE_MAX && !bytes.failed;
    if (received) {
        gf_ranks_broadcast(bytes.data, size);
    }
    if (received && self->rank > 0) {
        tasks->carry(tasks->context, index, &bytes);
        received = !bytes.failed;
    }
    gf_bytes_free(&bytes);
    return received ? GF_OK : gf_fail_memory(error, "the results of other ranks");
}

void gf_runner_agree(gf_runner *self) {
    self->error.status = self->status;
    gf_ranks_broadcast(&self->error, sizeof self->error);
    self->status = self->error.status;
    for (size_t k = 0; k < self->tasks->count && self->status == GF_OK; ++k) {
        self->status = spread(self, k, &self->error);
    }
}
