#include "supervisor/supervisor.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "control/control_socket.hpp"
#include "control/messages.hpp"
#include "releases/deployer/supervisor_messages.hpp"
#include "system/eventually.hpp"
#include "unit/fastcgi/scratch_folder.hpp"

namespace shoal::supervisor {
namespace {

namespace deployer_message = releases::supervisor_message;
namespace message = control::message;
using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// Writes down what processes of the container hear, a line each; O_APPEND, as several write.
class Diary {
 public:
  explicit Diary(std::filesystem::path file) : file_(std::move(file)) {}
  void write(const std::string& line) const { std::ofstream(file_, std::ios::app) << line << "\n"; }

  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    std::ifstream file(file_);
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

 private:
  std::filesystem::path file_;
};

/// A deployer that decides nothing: it writes down what it hears.
int deploy(const Assignment& assignment, control::Channel supervisor, const Diary& diary) {
  const auto send = [&supervisor](const json& words) { supervisor.post(words); };
  send({{"say", deployer_message::kUp}});
  while (!supervisor.closed()) {
    for (const auto& heard : supervisor.wait(60s)) {
      const std::string said = control::text_of(heard, "say");
      if (said == deployer_message::kFrom) {
        send({{"say", deployer_message::kTo},
              {"worker", heard["worker"]},
              {"message", {{"say", "judged"}}}});
        continue;
      }
      if (said == deployer_message::kQuestion) {
        const std::string asked = control::text_of(heard["words"], "ask");
        diary.write(asked);
        if (asked == "rollback" && diary.lines().size() == 1) ::raise(SIGKILL);
        send({{"say", deployer_message::kAnswer},
              {"question", heard["question"]},
              {"words", {{"by", heard["who"]}}}});
        continue;
      }
      if (said != deployer_message::kRelease && said != deployer_message::kResume &&
          said != deployer_message::kEnd)
        continue;
      const bool is_new = !assignment.configuration.settings->expose;
      diary.write(said + (is_new ? " of the new" : ""));
      if (said == deployer_message::kRelease) send({{"say", deployer_message::kReleased}});
      if (said == deployer_message::kEnd) return 0;
    }
  }
  return 0;
}

/// A worker without modules: it is ready once a deployer has answered. With `limits.body: 1B`, it
/// cannot start.
int serve(const Assignment& assignment, control::Channel supervisor) {
  if (assignment.configuration.settings->limits.body == 1) {
    supervisor.send({{"say", message::kFailed}, {"why", "no room for a body"}});
    return 1;
  }
  supervisor.post({{"say", "join"}});
  while (!supervisor.closed()) {
    for (const auto& heard : supervisor.wait(60s)) {
      const std::string said = control::text_of(heard, "say");
      if (said == "judged") supervisor.post({{"say", message::kReady}});
      if (said == message::kDrain) return 0;
    }
  }
  return 0;
}

/// A container whose deployer and workers are those above.
class Container : public ::testing::Test {
 protected:
  Container() {
    std::filesystem::create_directory(folder_ / "apps");
    configure("");
    auto settings = settings::read(folder_ / "shoal.yaml");
    id_ = ::fork();
    if (id_ == 0) ::_exit(run(std::move(settings)));
  }

  ~Container() override {
    if (id_ == 0) return;
    ::kill(id_, SIGTERM);
    ::waitpid(id_, nullptr, 0);
  }

  void configure(const std::string& more) const {
    std::ofstream(folder_ / "shoal.yaml")
        << "listen: unix:" << (folder_ / "shoal.sock").native() << "\n"
        << "apps: apps\nrun: run\nroutes: { /: aquarium }\nlog: { file: "
        << (folder_ / "log").native() << " }\n"
        << more;
  }

  /// Asks until a container answers.
  json ask(const json& question) const {
    json answer;
    EXPECT_TRUE(system::eventually([&] {
      try {
        answer = control::ask_container(folder_ / "run", question);
        return true;
      } catch (const std::exception& error) {
        EXPECT_THAT(error.what(), HasSubstr("no container answers"));
        return false;
      }
    }));
    return answer;
  }

  /// Returns the lines of the diary once they have this one.
  std::vector<std::string> lines_until(const std::string& last) const {
    EXPECT_TRUE(system::eventually([&] {
      const auto lines = diary_.lines();
      return !lines.empty() && lines.back() == last;
    }));
    return diary_.lines();
  }

  int stop() {
    int status = -1;
    ::kill(id_, SIGTERM);
    ::waitpid(std::exchange(id_, 0), &status, 0);
    return status;
  }

 private:
  int run(settings::Settings settings) const try {
    std::optional<Assignment> assignment;
    {
      Supervisor supervisor(std::move(settings));
      assignment = supervisor.run();
    }
    if (!assignment) return 0;
    auto channel = std::move(assignment->supervisor);
    return assignment->kind == Assignment::Kind::kWorker
               ? serve(*assignment, std::move(channel))
               : deploy(*assignment, std::move(channel), diary_);
  } catch (const std::exception& error) {
    diary_.write(error.what());
    return 1;
  }

  test::ScratchFolder folder_;

 protected:
  const Diary diary_{folder_ / "diary"};

 private:
  pid_t id_ = 0;
};

TEST_F(Container, HasItsDeployerAnswerCommands) {
  const auto answer = ask({{"ask", "history"}});
  EXPECT_THAT(answer["by"].get<std::string>(), Not(::testing::IsEmpty()));
  EXPECT_EQ(stop(), 0);
  EXPECT_THAT(diary_.lines(), ElementsAre("history", "end"));
}

TEST_F(Container, AsksTheNextDeployerWhatADeadOneHasNotAnswered) {
  EXPECT_TRUE(ask({{"ask", "rollback"}, {"group", "pond"}}).contains("by"));
  EXPECT_THAT(diary_.lines(), ElementsAre("rollback", "rollback"));
}

TEST_F(Container, LetsTheOldDeployerEndBeforeTheNewOneBegins) {
  configure("expose: false\n");
  EXPECT_EQ(ask({{"ask", "reload"}}), json({{"verdict", "live"}}));
  EXPECT_THAT(lines_until("end"), ElementsAre("release", "end"));
  ask({{"ask", "history"}});
  EXPECT_EQ(stop(), 0);
  EXPECT_THAT(diary_.lines(), ElementsAre("release", "end", "history", "end of the new"));
}

TEST_F(Container, HasTheOldDeployerResumeAfterARefusedReload) {
  configure("expose: false\nlimits: { body: 1B }\n");
  const auto answer = ask({{"ask", "reload"}});
  EXPECT_EQ(answer["verdict"], "refused");
  EXPECT_THAT(answer["reason"].get<std::string>(), HasSubstr("no room for a body"));
  EXPECT_THAT(lines_until("resume"), ElementsAre("release", "end of the new", "resume"));
  EXPECT_TRUE(ask({{"ask", "history"}}).contains("by"));
}

TEST_F(Container, AnswersAReloadOfAFileWithErrors) {
  configure("no_such_key: 1\n");
  const auto answer = ask({{"ask", "reload"}});
  EXPECT_EQ(answer["verdict"], "refused");
  EXPECT_THAT(answer["reason"].get<std::string>(), HasSubstr("no_such_key"));
}

}  // namespace
}  // namespace shoal::supervisor
