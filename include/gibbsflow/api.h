/* What the library shows: functions marked GF_API, with C linkage. Everything else is hidden. */
#ifndef GIBBSFLOW_API_H
#define GIBBSFLOW_API_H

#if defined(__GNUC__)
#define GF_API __attribute__((visibility("default")))
/* The compiler checks argument `text` as the format of printf, against those from `first` on. */
#define GF_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define GF_API
#define GF_PRINTF(text, first)
#endif

/* Around the declarations of every public header. */
#ifdef __cplusplus
#define GF_BEGIN_DECLARATIONS extern "C" {
#define GF_END_DECLARATIONS }
#else
#define GF_BEGIN_DECLARATIONS
#define GF_END_DECLARATIONS
#endif

#endif
