// Lies to a process about the time: the clock of the machine is ahead by as many seconds as the file says that the
// variable LIE names. Loaded before the C library (LD_PRELOAD). It allocates nothing: it is called from allocators, too.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t id, struct timespec *time) {
  int result = (int)syscall(SYS_clock_gettime, id, time);
  const char *path = getenv("LIE");
  if (result != 0 || id != CLOCK_REALTIME || path == NULL) return result;
  char text[32] = {0};
  int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return result;
  long length = syscall(SYS_read, file, text, sizeof text - 1);
  syscall(SYS_close, file);
  if (length > 0) time->tv_sec += atoll(text);
  return result;
}
