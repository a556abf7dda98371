#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shoal::status {

/// Builds a text of OpenMetrics 1.0: families and their samples, in the order of the calls.
class Exposition {
 public:
  /// Names and values. A value may be any text.
  using Labels = std::vector<std::pair<std::string_view, std::string>>;

  /// Begins a family of metrics. `type` is gauge, counter, histogram, info or stateset. `unit` is
  /// the end of `name`, or empty.
  void family(std::string_view name, std::string_view type, std::string_view unit,
              std::string_view help);

  /// Adds a sample to the last family. `suffix` is `_total`, `_bucket` and so on, or empty.
  void sample(std::string_view suffix, const Labels& labels, std::uint64_t value);
  void sample(std::string_view suffix, const Labels& labels, double value);

  /// Returns the complete text, with its end mark.
  std::string text() const { return text_ + "# EOF\n"; }

 private:
  void begin(std::string_view suffix, const Labels& labels);

  std::string family_;
  std::string text_;
};

/// Returns the shortest text for this number that has a decimal point, as OpenMetrics requires for
/// the label `le`: 0.001, 1.0.
std::string metric_number(double value);

}  // namespace shoal::status
