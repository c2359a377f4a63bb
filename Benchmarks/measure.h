/* How the C peers measure and report: wall time of each operation, percentiles, one line of JSON. */
#ifndef CANTEEN_MEASURE_H
#define CANTEEN_MEASURE_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Says what failed and ends the program: a peer that measures something else is worse than none. */
static _Noreturn void fail(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

static int64_t nanoseconds_now(void) {
  struct timespec now;
  if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) fail("clock_gettime", strerror(errno));
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int compare_durations(const void *left, const void *right) {
  int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
  return (a > b) - (a < b);
}

/* The nearest-rank percentile of sorted durations, in microseconds. */
static double percentile(const int64_t *sorted, size_t count, unsigned percent) {
  size_t rank = (count * percent + 99) / 100;
  return (double)sorted[rank == 0 ? 0 : rank - 1] / 1000.0;
}

/* Prints {"n":…,"p50_us":…,"p95_us":…,"p99_us":…,"per_s":…}, one operation after the other; sorts the
 * durations. */
static void report(int64_t *durations, size_t count) {
  int64_t sum = 0;
  for (size_t number = 0; number < count; number++) sum += durations[number];
  qsort(durations, count, sizeof *durations, compare_durations);
  printf("{\"n\":%zu,\"p50_us\":%.1f,\"p95_us\":%.1f,\"p99_us\":%.1f,\"per_s\":%.1f}\n", count,
         percentile(durations, count, 50), percentile(durations, count, 95),
         percentile(durations, count, 99), (double)count * 1e9 / (double)sum);
}

/* Reads DIRECTORY and COUNT, 1 to 1,000,000, and leaves the path of a file in the directory. */
static size_t arguments(int argc, char **argv, const char *file, char *path, size_t path_size) {
  char *end = NULL;
  long count = argc == 3 ? strtol(argv[2], &end, 10) : 0;
  if (argc != 3 || *end != '\0' || count < 1 || count > 1000000) {
    fprintf(stderr, "usage: %s DIRECTORY COUNT (1 to 1000000)\n", argv[0]);
    exit(64);
  }
  int length = snprintf(path, path_size, "%s/%s", argv[1], file);
  if (length < 0 || (size_t)length >= path_size) fail(argv[1], "the path is too long");
  return (size_t)count;
}

#endif
