/* What the disk itself costs: 4 KiB written into a preallocated file, then fdatasync.
 *
 * usage: fdatasync-c DIRECTORY WRITES
 *
 * No durable decision on this disk can be faster than this. The file is written in full before the
 * first measurement, so that no write has to change the file's size or allocate a block.
 */
#include "measure.h"

#include <fcntl.h>
#include <unistd.h>

enum { block_size = 4096, blocks = 4096 };

static void write_block(int file, const uint8_t *block, size_t number) {
  off_t offset = (off_t)(number % blocks) * block_size;
  ssize_t written = pwrite(file, block, block_size, offset);
  if (written != block_size) fail("pwrite", written < 0 ? strerror(errno) : "short");
}

int main(int argc, char **argv) {
  char path[4096];
  size_t writes = arguments(argc, argv, "fdatasync-c.bin", path, sizeof path);
  int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) fail(path, strerror(errno));

  static uint8_t block[block_size];
  for (size_t number = 0; number < blocks; number++) write_block(file, block, number);
  if (fsync(file) != 0) fail("fsync", strerror(errno));

  int64_t *durations = calloc(writes, sizeof *durations);
  if (durations == NULL) fail("calloc", strerror(errno));
  for (size_t number = 0; number < writes; number++) {
    memcpy(block, &number, sizeof number); /* no two blocks are equal */
    int64_t start = nanoseconds_now();
    write_block(file, block, number);
    if (fdatasync(file) != 0) fail("fdatasync", strerror(errno));
    durations[number] = nanoseconds_now() - start;
  }
  report(durations, writes);

  free(durations);
  if (close(file) != 0) fail("close", strerror(errno));
  if (unlink(path) != 0) fail(path, strerror(errno));
  return 0;
}
