// A tank with one fish for each generation of the group, which makes a reload visible. No route
// leads to this module: screens include it by its name, `aquarium.widget.tank`.

#include <algorithm>
#include <array>
#include <shoal/module.hpp>
#include <string>
#include <string_view>

namespace aquarium::widget {
namespace {

constexpr unsigned long kMostFish = 24;

constexpr std::array<std::string_view, 5> kColours{"#ff9f45", "#ffd166", "#f4737c", "#b9a2f2",
                                                   "#7fe0c3"};

constexpr std::string_view kWater = R"svg(
<style>
  .tank-fish { animation: tank-swim linear infinite }
  .tank-fish.left { animation-name: tank-swim-left }
  .tank-air { animation: tank-rise 9s linear infinite }
  @keyframes tank-swim { from { transform: translateX(-60px) } to { transform: translateX(700px) } }
  @keyframes tank-swim-left {
    from { transform: translateX(700px) scaleX(-1) } to { transform: translateX(-60px) scaleX(-1) }
  }
  @keyframes tank-rise { from { transform: translateY(0) } to { transform: translateY(-260px) } }
  @media (prefers-reduced-motion: reduce) {
    .tank-fish, .tank-air { animation-play-state: paused !important }
  }
</style>
<defs>
  <linearGradient id="tank-water" x2="0" y2="1">
    <stop stop-color="#2aa7c4"/><stop offset="1" stop-color="#0b3f5c"/>
  </linearGradient>
  <g id="tank-fish">
    <path d="M-15 0q-9-11-15-11q5 11 0 22q6 0 15-11z"/>
    <ellipse rx="19" ry="10.5"/>
    <path d="M-5-9q6-9 13-6l-2 8zM-3 9q4 7 10 5l-2-7z"/>
    <circle cx="11" cy="-2.5" r="2.6" fill="#fff"/><circle cx="11.8" cy="-2.5" r="1.3" fill="#123"/>
  </g>
</defs>
<rect width="640" height="240" fill="url(#tank-water)"/>
<path d="M0 218q110-22 230-6t230-2 180 0v30H0z" fill="#e5cf9d"/>
<g fill="none" stroke="#2f9e6e" stroke-width="7" stroke-linecap="round">
  <path d="M70 216q-16-30 2-54t-2-52"/><path d="M94 216q14-24-2-46t6-38"/>
  <path d="M556 214q16-34-2-60t4-50"/><path d="M580 214q-12-22 4-44"/>
</g>
<g fill="none" stroke="#fff" stroke-opacity=".55">
  <circle class="tank-air" cx="300" cy="240" r="4" style="animation-delay:-2s"/>
  <circle class="tank-air" cx="312" cy="240" r="2.5" style="animation-delay:-5s"/>
  <circle class="tank-air" cx="430" cy="240" r="3" style="animation-delay:-7s"/>
</g>
)svg";

/// Returns the fish of a generation as SVG. It is always the same, and differs from the others.
std::string fish(unsigned long number) {
  const unsigned long depth = 32 + number * 67 % 150;
  const unsigned long seconds = 14 + number * 5 % 11;
  // In the middle of its way, where it stays if the visitor prefers reduced motion.
  const unsigned long start = (15 + number * 37 % 70) * seconds / 100;
  return "<g transform=\"translate(0 " + std::to_string(depth) + ")\"><use href=\"#tank-fish\"" +
         " class=\"tank-fish" + (number % 3 == 2 ? " left" : "") + "\" fill=\"" +
         std::string(kColours[number % kColours.size()]) +
         "\" style=\"animation-duration:" + std::to_string(seconds) + "s;animation-delay:-" +
         std::to_string(start) + "s\"/></g>\n";
}

}  // namespace

class Tank final : public shoal::Module {
 public:
  explicit Tank(shoal::Context& context) : generation_(context.generation()) {}

  void handle(shoal::Request&, shoal::Response& response) override {
    const std::string number = std::to_string(generation_);
    response.write("<figure>\n<svg viewBox=\"0 0 640 240\" role=\"img\" ");
    response.write("aria-label=\"A fish tank\">");
    response.write(kWater);
    for (unsigned long i = 1; i <= std::min(generation_, kMostFish); ++i) response.write(fish(i));
    response.write("</svg>\n<figcaption>Generation " + number +
                   ". Each reload of the group brings one more fish.</figcaption>\n</figure>\n");
  }

 private:
  const unsigned long generation_;
};

}  // namespace aquarium::widget

SHOAL_MODULE(aquarium::widget::Tank)
