#pragma once

#include <string>

namespace zoo {

/// Its destructor runs at the end of each thread that has used it, even if the module should be
/// unloaded by then.
struct Notes {
  ~Notes() { text.clear(); }
  std::string text;
};
inline thread_local Notes notes;

inline std::string noted(const std::string& where) {
  notes.text = "a text that is too long to lie in the string itself: " + where;
  return notes.text;
}

}  // namespace zoo
