/* Many commands of the program in one job: a start of MPI takes longer than a small command.
 *
 *     mpirun -n P many_commands LIST
 *
 * Linked with the program's objects and --wrap (tests/CMakeLists.txt): the program's main() runs
 * once for each line of LIST, whose words are its arguments, in a job that begins with the first
 * and ends with the last. A line that begins with ! is to fail. The exit status is the number of
 * lines that ended otherwise than they should. */
#include <mpi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WORDS = 64 };

/* NOLINTBEGIN(bugprone-reserved-identifier): names that the linker makes */
int __real_main(int argc, char **argv);
int __wrap_main(int argc, char **argv);
int __real_MPI_Init_thread(int *argc, char ***argv, int required, int *provided);
int __wrap_MPI_Init_thread(int *argc, char ***argv, int required, int *provided);
int __wrap_MPI_Finalize(void);

static bool begun;
static int level;

int __wrap_MPI_Init_thread(int *argc, char ***argv, int required, int *provided) {
    int result = begun ? MPI_SUCCESS : __real_MPI_Init_thread(argc, argv, required, &level);
    begun = true;
    *provided = level;
    return result;
}

int __wrap_MPI_Finalize(void) {
    return MPI_SUCCESS;
}

int __real_MPI_Finalize(void);

/* Whether the line ended as it should. */
static bool run(char *program, char *line) {
    char *words[MOST_WORDS + 1] = {program};
    int count = 1;
    bool fails = line[0] == '!';
    for (char *word = strtok(line + fails, " \n"); word != NULL && count < MOST_WORDS;
         word = strtok(NULL, " \n")) {
        words[count++] = word;
    }
    return count == 1 || (__real_main(count, words) != 0) == fails;
}

int __wrap_main(int argc, char **argv) {
    FILE *list = argc == 2 ? fopen(argv[1], "r") : NULL;
    char *line = NULL;
    size_t room = 0;
    int wrong = list == NULL;
    while (list != NULL && getline(&line, &room, list) >= 0) {
        wrong += !run(argv[0], line);
    }
    free(line);
    (void)(list != NULL && fclose(list));
    if (begun) {
        (void)__real_MPI_Finalize();
    }
    return wrong;
}
/* NOLINTEND(bugprone-reserved-identifier) */
