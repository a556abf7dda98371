#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shoal::status {

/// Text of OpenMetrics 1.0 in the making: families, and their samples in the order of the calls.
class Exposition {
 public:
  /// Name and value; the value may be any text.
  using Labels = std::vector<std::pair<std::string_view, std::string>>;

  /// Begins a family. `type` is gauge, counter, histogram, info or stateset; `unit` is the end of
  /// `name`, or empty.
  void family(std::string_view name, std::string_view type, std::string_view unit,
              std::string_view help);

  /// A sample of the family that began last: `suffix` is `_total`, `_bucket`, ... or empty.
  void sample(std::string_view suffix, const Labels& labels, std::uint64_t value);
  void sample(std::string_view suffix, const Labels& labels, double value);

  /// The whole text, ended as it must be.
  std::string text() const { return text_ + "# EOF\n"; }

 private:
  void begin(std::string_view suffix, const Labels& labels);

  std::string family_;
  std::string text_;
};

/// The shortest text that is this number, with a point as OpenMetrics wants it for the label `le`:
/// 0.001, 1.0.
std::string metric_number(double value);

}  // namespace shoal::status
