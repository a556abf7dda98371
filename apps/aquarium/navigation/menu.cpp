#include "navigation/menu.hpp"

#include <array>

namespace aquarium::navigation {
namespace {

struct Entry {
  std::string_view path;  // as conf/shoal.yaml routes it
  std::string_view name;
};

constexpr std::array kEntries{
    Entry{"/", "Home"},           Entry{"/about", "About"},
    Entry{"/contact", "Contact"}, Entry{"/guestbook", "Guest book"},
    Entry{"/upload", "Upload"},
};

}  // namespace

std::string menu(std::string_view current) {
  std::string html = "<nav aria-label=\"Main\"><ul>";
  for (const Entry& entry : kEntries) {
    html += "<li><a href=\"" + std::string(entry.path) + '"';
    if (entry.path == current) html += " aria-current=\"page\"";
    html += '>' + std::string(entry.name) + "</a></li>";
  }
  return html + "</ul></nav>\n";
}

}  // namespace aquarium::navigation
