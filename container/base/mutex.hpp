#pragma once

#include <mutex>
#include <shared_mutex>

// Mutexes whose rules Clang checks: what a mutex guards, and which functions need it held. The
// attributes are those of https://clang.llvm.org/docs/ThreadSafetyAnalysis.html; other compilers
// ignore them. The test Style.ClangTidyFindsNothing checks them over container/.
#ifdef __clang__
#define SHOAL_THREAD_SAFETY(attribute) __attribute__((attribute))
#else
#define SHOAL_THREAD_SAFETY(attribute)
#endif

/// Behind a member: it may be used only while this mutex is held.
#define SHOAL_GUARDED_BY(mutex) SHOAL_THREAD_SAFETY(guarded_by(mutex))
/// Behind a function: the caller holds this mutex.
#define SHOAL_REQUIRES(...) SHOAL_THREAD_SAFETY(requires_capability(__VA_ARGS__))
#define SHOAL_REQUIRES_SHARED(...) SHOAL_THREAD_SAFETY(requires_shared_capability(__VA_ARGS__))
/// Behind a function: the caller does not hold this mutex, since the function takes it.
#define SHOAL_EXCLUDES(...) SHOAL_THREAD_SAFETY(locks_excluded(__VA_ARGS__))

namespace shoal::base {

/// A std::mutex that Clang knows.
class SHOAL_THREAD_SAFETY(capability("mutex")) Mutex {
 public:
  void lock() SHOAL_THREAD_SAFETY(acquire_capability()) { mutex_.lock(); }
  void unlock() SHOAL_THREAD_SAFETY(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

/// A std::shared_mutex that Clang knows.
class SHOAL_THREAD_SAFETY(capability("mutex")) SharedMutex {
 public:
  void lock() SHOAL_THREAD_SAFETY(acquire_capability()) { mutex_.lock(); }
  void unlock() SHOAL_THREAD_SAFETY(release_capability()) { mutex_.unlock(); }
  void lock_shared() SHOAL_THREAD_SAFETY(acquire_shared_capability()) { mutex_.lock_shared(); }
  void unlock_shared() SHOAL_THREAD_SAFETY(release_shared_capability()) { mutex_.unlock_shared(); }

 private:
  std::shared_mutex mutex_;
};

/// Holds a mutex while it lives. A std::condition_variable_any waits with it; since Clang does not
/// look into a predicate, wait in a loop: `while (queue_.empty()) arrived_.wait(lock);`
template <typename Mutex>
class SHOAL_THREAD_SAFETY(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) SHOAL_THREAD_SAFETY(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() SHOAL_THREAD_SAFETY(release_capability()) {
    if (held_) mutex_.unlock();
  }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void lock() SHOAL_THREAD_SAFETY(acquire_capability()) {
    mutex_.lock();
    held_ = true;
  }
  void unlock() SHOAL_THREAD_SAFETY(release_capability()) {
    held_ = false;
    mutex_.unlock();
  }

 private:
  Mutex& mutex_;
  bool held_ = true;
};

/// Holds a shared mutex together with other readers while it lives.
class SHOAL_THREAD_SAFETY(scoped_lockable) SharedLock {
 public:
  explicit SharedLock(SharedMutex& mutex) SHOAL_THREAD_SAFETY(acquire_shared_capability(mutex))
      : mutex_(mutex) {
    mutex_.lock_shared();
  }
  ~SharedLock() SHOAL_THREAD_SAFETY(release_capability()) { mutex_.unlock_shared(); }
  SharedLock(const SharedLock&) = delete;
  SharedLock& operator=(const SharedLock&) = delete;

 private:
  SharedMutex& mutex_;
};

}  // namespace shoal::base
