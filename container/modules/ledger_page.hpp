#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "modules/quarantine.hpp"
#include "modules/new_line.hpp"

namespace shoal::modules {

/// What a process is about to make of a group, or would like to know of it.
struct Wish {
  std::string files;        ///< fingerprint of what lies in the apps folder
  unsigned long above = 0;  ///< the last number of the group in this process
  bool pinned = false;      ///< what was loaded first in this service is what all load
  bool refused = false;     ///< these files were refused here, and nothing else serves
};

/// What all processes are to make of it.
struct Terms {
  std::string files;         ///< fingerprint of what is to be loaded; empty: nothing is good
  bool kept = false;         ///< these files are not those wished for: take the kept copies
  unsigned long epoch = 0;   ///< part of what makes a generation the same one
  unsigned long number = 0;  ///< of the generation; 0 when it was only looked up
  unsigned long live = 0;    ///< the last number that any process has published; 0: none
  unsigned long from = 0;    ///< `kept`: what number they had last, maybe in an earlier start
  std::optional<Quarantine> quarantine;  ///< of the files wished for
};

/// One group's page of the ledger, in memory. Decides; the file and its lock are Ledger's.
///
/// A generation is known by the fingerprint of its files and the epoch of its group, which whatever
/// demands a new generation of old files raises.
class Page {
 public:
  struct Made {
    unsigned long number = 0;
    std::string files;
    unsigned long epoch = 0;
    std::vector<pid_t> loading;  ///< processes that may publish it yet
    bool published = false;
  };
  struct Good {
    unsigned long number = 0;  ///< of the last generation of them
    std::string files;         ///< a kept copy of them exists
    bool earlier = false;      ///< that number is of an earlier start of the service
  };
  struct Withdrawn {
    std::string files;
    Quarantine quarantine;
  };
  using IsKept = std::function<bool(const std::string& files)>;

  /// Reads what text() wrote. Throws std::exception when it is anything else.
  static Page of(const std::string& text);
  std::string text() const;

  /// What the wish leads to, without a number.
  Terms look_up(const Wish& wish, const IsKept& is_kept) const;

  /// The same with its number, taken for the process.
  Terms claim(const Wish& wish, const IsKept& is_kept, pid_t process);

  /// The process will not publish it. A number that nobody is left to publish is free again.
  void give_back(const Terms& terms, pid_t process);

  /// A process serves it; `kept`: and there is a copy of its files. New files end a quarantine.
  void publish(const Terms& terms, bool kept, pid_t process);

  /// The group has no files any more: neither quarantine nor kept copies are of use.
  void end();

  /// A new generation is due, of whatever files.
  void renew() { ++epoch_; }

  /// Withdraws the files of a generation. False when nobody knows the number, or they are withdrawn
  /// already.
  bool withdraw(unsigned long number, unsigned crashes, std::chrono::system_clock::time_point now);

  /// Numbers start anew; what is withdrawn stays so, and what is kept for that.
  void begin();

  /// Whether a new service has nothing to remember of the group.
  bool empty() const { return made_.empty() && withdrawn_.empty(); }

  /// How many generations were published in this service, whatever the number of processes.
  unsigned long generations() const { return generations_; }

  unsigned long epoch() const { return epoch_; }
  const std::vector<Made>& made() const { return made_; }  ///< by number, rising
  const std::vector<Good>& good() const { return good_; }  ///< the newest first
  const std::vector<Withdrawn>& withdrawn() const { return withdrawn_; }
  const Withdrawn* withdrawn(const std::string& files) const;
  const Good* last_good(const std::string& other_than, const IsKept& is_kept) const;

 private:
  unsigned long live() const;
  unsigned long number_for(const Terms& terms, unsigned long above) const;
  void forget_the_dead(pid_t process);
  void forget_all_but_the_best();

  unsigned long epoch_ = 0;
  unsigned long last_ = 0;  // ever published
  unsigned long generations_ = 0;
  std::vector<Made> made_;
  std::vector<Good> good_;
  std::vector<Withdrawn> withdrawn_;
};

}  // namespace shoal::modules
