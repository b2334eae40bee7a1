/* A stand-in for a disk that fails, and for a kill at any moment: preloaded, it counts the calls
   that change what is below a folder (of any library, in whatever language) and lets one of them
   fail, or kills the process in it. A write that is hit has first written half of its bytes.

   disk_arm(folder, at, number): from the call number `at` on (counted from 1) calls fail with that
   errno, as on a disk that stays full; EIO only once; number 0 kills. at 0 only counts. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static char below[PATH_MAX];
static size_t length;
static long moment;
static int failure;
static atomic_long calls;

void disk_arm(const char *folder, long at, int number) {
    snprintf(below, sizeof below, "%s", folder);
    length = strlen(below);
    moment = at;
    failure = number;
    atomic_store(&calls, 0);
}

long disk_calls(void) { return atomic_load(&calls); }

static int inside(int folder, const char *path) {
    char whole[PATH_MAX], link[64];
    ssize_t size;
    if (!length || !path) return 0;
    if (path[0] == '/') return strncmp(path, below, length) == 0;
    if (folder == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
    else snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    size = syscall(SYS_readlinkat, AT_FDCWD, link, whole, sizeof whole - 1);
    if (size < 0) return 0;
    whole[size] = 0;
    return strncmp(whole, below, length) == 0;
}

static int of_ours(int file) { return inside(file, ""); }

/* Say whether this call is to fail; does not come back if it is to kill. */
static int hit(void) {
    int saved = errno;
    long now = atomic_fetch_add(&calls, 1) + 1;
    errno = saved;
    if (!moment || now < moment || (failure == EIO && now > moment)) return 0;
    if (!failure) syscall(SYS_kill, getpid(), SIGKILL);
    errno = failure;
    return 1;
}

#define REAL(result, name, ...) ((result (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))
#define WRITES (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)
#define MODE(flags, mode)                                                                          \
    mode_t mode = 0;                                                                               \
    if (flags & (O_CREAT | O_TMPFILE)) {                                                           \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode = va_arg(rest, mode_t);                                                               \
        va_end(rest);                                                                              \
    }

/* Where no handles are left, reading fails as well. */
static int opens(int folder, const char *path, int flags) {
    return ((flags & WRITES) || failure == EMFILE) && inside(folder, path) && hit();
}

int open(const char *path, int flags, ...) {
    MODE(flags, mode)
    return opens(AT_FDCWD, path, flags) ? -1 : REAL(int, open, const char *, int, ...)(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE(flags, mode)
    return opens(AT_FDCWD, path, flags) ? -1 : REAL(int, open64, const char *, int, ...)(path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
    MODE(flags, mode)
    return opens(folder, path, flags) ? -1 : REAL(int, openat, int, const char *, int, ...)(folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...) {
    MODE(flags, mode)
    return opens(folder, path, flags) ? -1 : REAL(int, openat64, int, const char *, int, ...)(folder, path, flags, mode);
}

/* A disk that fills takes the first half; a process that is killed has written it. */
static ssize_t half(int file, const void *content, size_t size) {
    long now = atomic_load(&calls) + 1;
    if (!moment || now != moment || size < 2 || (failure && failure != ENOSPC)) return -1;
    return syscall(SYS_write, file, content, size / 2);
}

ssize_t write(int file, const void *content, size_t size) {
    if (length && of_ours(file)) {
        ssize_t part = half(file, content, size);
        if (hit()) return part > 0 ? part : -1;
    }
    return syscall(SYS_write, file, content, size);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    if (length && of_ours(file) && hit()) return -1;
    return REAL(ssize_t, writev, int, const struct iovec *, int)(file, parts, count);
}

ssize_t pwrite64(int file, const void *content, size_t size, off64_t place) {
    if (length && of_ours(file) && hit()) return -1;
    return REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t)(file, content, size, place);
}

int fsync(int file) { return length && of_ours(file) && hit() ? -1 : (int)syscall(SYS_fsync, file); }

int fdatasync(int file) { return length && of_ours(file) && hit() ? -1 : (int)syscall(SYS_fdatasync, file); }

int mkdir(const char *path, mode_t mode) {
    return inside(AT_FDCWD, path) && hit() ? -1 : REAL(int, mkdir, const char *, mode_t)(path, mode);
}

int rename(const char *old, const char *new) {
    return inside(AT_FDCWD, new) && hit() ? -1 : REAL(int, rename, const char *, const char *)(old, new);
}

int link(const char *old, const char *new) {
    return inside(AT_FDCWD, new) && hit() ? -1 : REAL(int, link, const char *, const char *)(old, new);
}

int unlink(const char *path) {
    int killed = failure == 0 && moment && inside(AT_FDCWD, path);
    return killed && hit() ? -1 : REAL(int, unlink, const char *)(path);
}
