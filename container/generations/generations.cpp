#include "generations/generations.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace shoal::generations {

Generations::Generations(Parts parts)
    : sweep_(std::move(parts.feed), parts.rules, std::move(parts.grouping), publisher_),
      opener_(std::move(parts.run), std::move(parts.surroundings), publisher_,
              std::move(parts.send)) {
  opener_.join();
}

Generations::~Generations() {
  // The generations go to the opener, which closes them before it ends.
  publisher_.close();
}

void Generations::handle(const nlohmann::json& message) { opener_.take(message); }

void Generations::open_recorded() { opener_.open_recorded(); }

void Generations::stop_waiting() { sweep_.stop_waiting(); }

bool Generations::has_list() const { return opener_.has_list(); }

bool Generations::complete() const { return opener_.complete(); }

std::shared_ptr<const Snapshot> Generations::enter(std::string_view destination,
                                                   std::string_view target,
                                                   const std::function<void()>& before_waiting) {
  return sweep_.enter(destination, target, before_waiting);
}

std::vector<GroupReport> Generations::report() const {
  std::map<std::string, GroupReport> groups;
  const auto snapshot = publisher_.snapshot();
  for (const auto& [group, generation] : snapshot->generations()) {
    groups[group].serving = generation;
  }
  for (auto& [group, numbers] : opener_.lingering()) groups[group].lingering = std::move(numbers);
  std::vector<GroupReport> reports;
  for (auto& [group, report] : groups) {
    report.group = group;
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace shoal::generations
