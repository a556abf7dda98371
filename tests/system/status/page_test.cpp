// The status page in a real browser, served by a small server of the test.
#include "status/page.hpp"

#include <gmock/gmock.h>
#include <httplib.h>

#include <algorithm>
#include <regex>
#include <thread>
#include <vector>

#include "base/mutex.hpp"
#include "browser.hpp"
#include "unit/status/sample.hpp"

namespace shoal::system {
namespace {

using namespace std::chrono_literals;
using status::page;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

namespace sample = status::sample;

struct Reply {
  int code = 200;
  std::string html{};
};

/// Serves replies in their order. Requests after the last reply get that one again.
class PageInABrowser : public ::testing::Test {
 protected:
  PageInABrowser() {
    server_.Get("/-/shoal", [this](const httplib::Request& request, httplib::Response& response) {
      const base::MutexLock lock(mutex_);
      const Reply& reply = replies_[std::min(asked_.size(), replies_.size() - 1)];
      asked_.push_back(request.get_header_value("Sec-Fetch-Dest"));
      response.status = reply.code;
      response.set_header("Cache-Control", "no-store");
      if (!policy_.empty()) response.set_header("Content-Security-Policy", policy_);
      response.set_content(reply.html, "text/html; charset=utf-8");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~PageInABrowser() override {
    server_.stop();
    thread_.join();
  }

  void serve(std::vector<Reply> replies) {
    const base::MutexLock lock(mutex_);
    replies_ = std::move(replies);
  }

  std::string look(std::chrono::milliseconds watched) {
    return open_in_browser("http://127.0.0.1:" + std::to_string(port_) + "/-/shoal", watched);
  }

  long asked_by(const std::string& destination) {
    const base::MutexLock lock(mutex_);
    return std::count(asked_.begin(), asked_.end(), destination);
  }
  long loads() { return asked_by("document"); }
  long fetches() { return asked_by("empty"); }

  void set_policy(std::string policy) {
    const base::MutexLock lock(mutex_);
    policy_ = std::move(policy);
  }

 private:
  httplib::Server server_;
  int port_ = -1;
  std::thread thread_;
  base::Mutex mutex_;
  std::string policy_ SHOAL_GUARDED_BY(mutex_) = status::page_policy();
  std::vector<Reply> replies_ SHOAL_GUARDED_BY(mutex_);
  std::vector<std::string> asked_ SHOAL_GUARDED_BY(mutex_);
};

/// Returns the page with a script that acts like a visitor.
std::string with(std::string html, const std::string& script) {
  return html.insert(html.find("</body>"), "<script>" + script + "</script>");
}

constexpr char kGoneIsHidden[] = "<p id=\"gone\" role=\"alert\" hidden";
constexpr char kGoneIsSeen[] = "<p id=\"gone\" role=\"alert\">No answer from the container since ";

TEST_F(PageInABrowser, IsCompleteWithoutJavaScript) {
  set_policy("script-src 'none'");
  serve({{.html = page(sample::healthy())}, {.html = page(sample::troubled())}});
  const std::string seen = look(10s);
  EXPECT_THAT(seen, AllOf(HasSubstr("all 3 groups are healthy"), HasSubstr("aquarium/12"),
                          HasSubstr("3b9f0a4c1d2e5f60718293a4b5c6d7e8f9012345")));
  EXPECT_EQ(fetches(), 0);
}

TEST_F(PageInABrowser, UpdatesItselfWithoutALoad) {
  serve({{.html = page(sample::healthy())}, {.html = page(sample::troubled())}});
  const std::string seen = look(5s);
  EXPECT_THAT(seen, HasSubstr("<title>shop serves nothing"));
  EXPECT_THAT(seen, HasSubstr("apps/shop/cart.so: no database"));
  EXPECT_THAT(seen, Not(HasSubstr("all 3 groups are healthy")));
  EXPECT_THAT(seen, HasSubstr("%23d3343b")) << "the icon is the red one";
  EXPECT_THAT(seen, HasSubstr(kGoneIsHidden));
  EXPECT_EQ(loads(), 1);
  EXPECT_GE(fetches(), 1);
}

TEST_F(PageInABrowser, EqualsAFreshPageAfterAnUpdate) {
  serve({{.html = page(sample::troubled())}, {.html = page(sample::healthy())}});
  const std::string followed = look(5s);
  serve({{.html = page(sample::healthy())}});
  EXPECT_EQ(followed, look(5s));
}

TEST_F(PageInABrowser, KeepsUnfoldedPartsAndSelections) {
  set_policy("");  // otherwise the script of the visitor would not run
  serve({{.html = with(page(sample::healthy()), R"js(
            document.getElementById('modules-hello').open = true;
            const name = document.querySelector('#group-hello th');
            getSelection().selectAllChildren(name);
            setInterval(() => {
              const body = document.body.dataset;
              body.selected = getSelection().toString();
              body.unfolded = document.getElementById('modules-hello').open;
              body.same = name === document.querySelector('#group-hello th');
            }, 100);)js")},
         {.html = page(sample::troubled())}});
  const std::string seen = look(5s);
  EXPECT_THAT(seen, HasSubstr("<title>shop serves nothing")) << "it has updated itself";
  EXPECT_THAT(seen, HasSubstr("data-selected=\"hello\""));
  EXPECT_THAT(seen, HasSubstr("data-unfolded=\"true\""));
  EXPECT_THAT(seen, HasSubstr("data-same=\"true\""));
}

TEST_F(PageInABrowser, KeepsUnfoldedGroupsWhenOneIsRemoved) {
  set_policy("");
  status::Overview later = sample::healthy();
  later.groups.erase(later.groups.begin());
  serve({{.html = with(page(sample::healthy()),
                       "document.getElementById('modules-hello').open = true;")},
         {.html = page(later)}});
  const std::string seen = look(5s);
  EXPECT_THAT(seen, Not(HasSubstr("id=\"modules-aquarium\"")));
  EXPECT_THAT(seen, HasSubstr("<details id=\"modules-guestbook\"><"));
  EXPECT_THAT(seen, HasSubstr("<details id=\"modules-hello\" open=\"\"><"));
}

TEST_F(PageInABrowser, ReportsWhenTheContainerDoesNotAnswer) {
  serve({{.html = page(sample::healthy())}, {.code = 502, .html = "Bad Gateway"}});
  const std::string seen = look(5s);
  EXPECT_THAT(seen, HasSubstr(kGoneIsSeen));
  EXPECT_THAT(seen, HasSubstr("(HTTP 502)"));
  EXPECT_THAT(seen, HasSubstr("all 3 groups are healthy")) << "the last state remains visible";
}

TEST_F(PageInABrowser, ReportsAnAnswerThatIsNotAStatusPage) {
  serve({{.html = page(sample::healthy())}, {.html = "<h1>It works!</h1>"}});
  EXPECT_THAT(look(5s), HasSubstr("(the answer is not a status page)"));
}

TEST_F(PageInABrowser, RemovesTheReportWhenTheContainerAnswersAgain) {
  serve({{.html = page(sample::healthy())},
         {.code = 502},
         {.code = 502},
         {.html = page(sample::troubled())}});
  const std::string seen = look(12s);
  EXPECT_THAT(seen, HasSubstr(kGoneIsHidden));
  EXPECT_THAT(seen, HasSubstr("<title>shop serves nothing"));
}

TEST_F(PageInABrowser, FetchesNothingWhileHidden) {
  set_policy("");
  serve({{.html = with(page(sample::healthy()),
                       "Object.defineProperty(document, 'hidden', { get: () => true });")}});
  EXPECT_THAT(look(20s), HasSubstr("all 3 groups are healthy"));
  EXPECT_EQ(fetches(), 0);
}

TEST_F(PageInABrowser, UpdatesItselfWhenShownAgain) {
  set_policy("");
  serve({{.html = with(page(sample::healthy()), R"js(
            let hidden = true;
            Object.defineProperty(document, 'hidden', { get: () => hidden });
            setTimeout(() => {
              hidden = false;
              document.dispatchEvent(new Event('visibilitychange'));
            }, 9000);)js")},
         {.html = page(sample::troubled())}});
  EXPECT_THAT(look(10s), HasSubstr("<title>shop serves nothing"));
  EXPECT_GE(fetches(), 1);
}

TEST_F(PageInABrowser, RunsNoScriptOfAVisitor) {
  set_policy("");  // the markup must be safe without a policy
  const std::string html = page(sample::hostile());
  serve({{.html = html}});
  const std::string seen = look(5s);
  EXPECT_GE(fetches(), 1) << "the fetched page is hostile, too";
  static const std::regex element("<script");
  EXPECT_EQ(std::distance(std::sregex_iterator(seen.begin(), seen.end(), element), {}), 1);
  EXPECT_THAT(seen, HasSubstr("&lt;script&gt;alert(1)"));
}

}  // namespace
}  // namespace shoal::system
