#pragma once

#include <string>

#include "modules/generation.hpp"

namespace shoal::modules {

/// All that another process must know to open a stage as the container would.
struct Trial {
  Order order;
  std::filesystem::path stage;
  Opening opening;
  Configs configs;  ///< of the group's modules
};

/// CBOR, for the way between the two processes, which are of one build.
std::string text_of(const Trial& trial);
Trial trial_of(const std::string& text);

}  // namespace shoal::modules
