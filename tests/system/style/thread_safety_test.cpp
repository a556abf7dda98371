#include <gmock/gmock.h>

#include "built.hpp"
#include "locks.hpp"
#include "process.hpp"
#include "sample_repository.hpp"

namespace shoal::system {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// clang-tidy as Style.ClangTidyFindsNothing runs it, over a container of one file.
class ThreadSafety : public SampleRepository {
 protected:
  Outcome tidy(const std::string& body_of_add) {
    const std::string repository = built::kRepository;
    std::filesystem::copy_file(repository + "/.clang-tidy", repository_ / ".clang-tidy");
    write("container/counter.cpp",
          "#include \"base/mutex.hpp\"\n"
          "namespace shoal {\n"
          "class Counter {\n"
          " public:\n"
          "  void add() { " +
              body_of_add +
              " }\n"
              " private:\n"
              "  base::Mutex mutex_;\n"
              "  int count_ SHOAL_GUARDED_BY(mutex_) = 0;\n"
              "};\n"
              "}\n");
    const std::string source = (repository_ / "container/counter.cpp").native();
    write("build/compile_commands.json", "[{\"directory\": \"" + repository_.native() +
                                             "\", \"file\": \"" + source +
                                             "\", \"command\": \"c++ -std=c++20 -I" + repository +
                                             "/container -o counter.o -c " + source + "\"}]");
    return run("cd " + repository_.native() + " && " SHOAL_BUILT_PYTHON " " + repository +
               "/tests/system/style/tidy.py " SHOAL_BUILT_CLANG_TIDY " build");
  }
};

TEST_F(ThreadSafety, FindsAMemberThatIsChangedWithoutItsMutex) {
  const auto [exit_code, output] = tidy("++count_;");
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(output, HasSubstr("requires holding mutex 'mutex_'"));
}

TEST_F(ThreadSafety, AcceptsAMemberThatIsChangedUnderItsMutex) {
  const auto [exit_code, output] = tidy("const base::MutexLock lock(mutex_); ++count_;");
  EXPECT_EQ(exit_code, 0);
  EXPECT_THAT(output, IsEmpty());
}

TEST_F(ThreadSafety, FindsLocksThatClangCannotCheck) {
  write("container/state/store.hpp", "\n  mutable std::shared_mutex mutex_;  // std::mutex\n");
  write("container/state/store.cpp", "const std::lock_guard lock(mutex_);\n");
  EXPECT_THAT(unchecked_locks(repository_),
              ElementsAre("container/state/store.cpp:1: std::lock_guard; use base/mutex.hpp",
                          "container/state/store.hpp:2: std::shared_mutex; use base/mutex.hpp"));
}

TEST_F(ThreadSafety, AcceptsLocksOfBase) {
  write("container/base/mutex.hpp", "std::mutex mutex_;\n");
  write("container/state/store.hpp", "base::Mutex mutex_;\n");
  EXPECT_THAT(unchecked_locks(repository_), IsEmpty());
}

TEST(ThreadSafetyOfTheContainer, IsCheckedForEveryLock) {
  EXPECT_THAT(unchecked_locks(built::kRepository), IsEmpty());
}

}  // namespace
}  // namespace shoal::system
