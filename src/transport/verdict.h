/* What may be believed of a limit of long times. */
#ifndef GIBBSFLOW_TRANSPORT_VERDICT_H
#define GIBBSFLOW_TRANSPORT_VERDICT_H

typedef enum gf_verdict {
    GF_SETTLED,      /* the time integral has reached its limit */
    GF_EXTRAPOLATED, /* the limit follows from choices, and the error is their spread */
    GF_LOWER_BOUND,  /* the truth is not less */
    GF_NOT_SETTLED   /* there is no limit to be had: NaN */
} gf_verdict;

static inline const char *gf_verdict_name(gf_verdict self) {
    static const char *const names[] = {"settled", "extrapolated", "lower bound", "not settled"};
    return names[self];
}

#endif
