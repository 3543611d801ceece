/* Marks a loop to be compiled for several vector units; the loader picks the widest. */
#ifndef GIBBSFLOW_BASE_CLONES_H
#define GIBBSFLOW_BASE_CLONES_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__)
#define GF_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define GF_CLONES
#endif

#endif
