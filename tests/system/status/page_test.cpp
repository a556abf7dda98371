// The status page in a real browser, which gets it from a web server of the test.
#include "status/page.hpp"

#include <gmock/gmock.h>
#include <httplib.h>

#include <algorithm>
#include <mutex>
#include <regex>
#include <thread>
#include <vector>

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

/// A response of the test's web server.
struct Reply {
  int code = 200;
  std::string html{};
};

/// Serves the page: each request gets the next reply, and all requests after that get the last one.
class PageInABrowser : public ::testing::Test {
 protected:
  PageInABrowser() {
    server_.Get("/-/shoal", [this](const httplib::Request& request, httplib::Response& response) {
      const std::lock_guard lock(mutex_);
      const Reply& reply = replies_[std::min(destinations_.size(), replies_.size() - 1)];
      destinations_.push_back(request.get_header_value("Sec-Fetch-Dest"));
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
    const std::lock_guard lock(mutex_);
    replies_ = std::move(replies);
  }

  /// Returns the document as it is after this time.
  std::string page_after(std::chrono::milliseconds duration) {
    return open_in_browser("http://127.0.0.1:" + std::to_string(port_) + "/-/shoal", duration);
  }

  long requests_for(const std::string& destination) {
    const std::lock_guard lock(mutex_);
    return std::count(destinations_.begin(), destinations_.end(), destination);
  }
  long loads() { return requests_for("document"); }  ///< by the browser
  long fetches() { return requests_for("empty"); }   ///< by the page's script

  void set_policy(std::string policy) {
    const std::lock_guard lock(mutex_);
    policy_ = std::move(policy);
  }

 private:
  httplib::Server server_;
  int port_ = -1;
  std::thread thread_;
  std::mutex mutex_;
  std::string policy_ = status::page_policy();  // guarded by mutex_
  std::vector<Reply> replies_;                  // guarded by mutex_
  std::vector<std::string> destinations_;       // of the requests; guarded by mutex_
};

/// Returns the page with a script that acts for the visitor.
std::string with_script(std::string html, const std::string& script) {
  return html.insert(html.find("</body>"), "<script>" + script + "</script>");
}

constexpr char kHiddenWarning[] = "<p id=\"gone\" role=\"alert\" hidden";
constexpr char kVisibleWarning[] =
    "<p id=\"gone\" role=\"alert\">No answer from the container since ";

TEST_F(PageInABrowser, IsCompleteWithoutJavaScript) {
  set_policy("script-src 'none'");
  serve({{.html = page(sample::healthy())}, {.html = page(sample::troubled())}});
  const std::string seen = page_after(10s);
  EXPECT_THAT(seen, AllOf(HasSubstr("all 3 groups are healthy"), HasSubstr("aquarium/12"),
                          HasSubstr("3b9f0a4c1d2e5f60718293a4b5c6d7e8f9012345")));
  EXPECT_EQ(fetches(), 0);
}

TEST_F(PageInABrowser, UpdatesItselfWithoutBeingLoadedAgain) {
  serve({{.html = page(sample::healthy())}, {.html = page(sample::troubled())}});
  const std::string seen = page_after(5s);
  EXPECT_THAT(seen, HasSubstr("<title>shop serves nothing"));
  EXPECT_THAT(seen, HasSubstr("apps/shop/cart.so: no database"));
  EXPECT_THAT(seen, Not(HasSubstr("all 3 groups are healthy")));
  EXPECT_THAT(seen, HasSubstr("%23d3343b")) << "the icon is the red one";
  EXPECT_THAT(seen, HasSubstr(kHiddenWarning));
  EXPECT_EQ(loads(), 1);
  EXPECT_GE(fetches(), 1);
}

TEST_F(PageInABrowser, EqualsANewlyLoadedPageAfterAnUpdate) {
  serve({{.html = page(sample::troubled())}, {.html = page(sample::healthy())}});
  const std::string updated = page_after(5s);
  serve({{.html = page(sample::healthy())}});
  EXPECT_EQ(updated, page_after(5s));
}

TEST_F(PageInABrowser, KeepsWhatTheVisitorHasUnfoldedAndSelected) {
  set_policy("");  // otherwise the visitor's script would not run
  serve({{.html = with_script(page(sample::healthy()), R"js(
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
  const std::string seen = page_after(5s);
  EXPECT_THAT(seen, HasSubstr("<title>shop serves nothing")) << "the page is updated";
  EXPECT_THAT(seen, HasSubstr("data-selected=\"hello\""));
  EXPECT_THAT(seen, HasSubstr("data-unfolded=\"true\""));
  EXPECT_THAT(seen, HasSubstr("data-same=\"true\""));
}

TEST_F(PageInABrowser, KeepsGroupsApartWhenOneIsRemoved) {
  set_policy("");
  status::Overview later = sample::healthy();
  later.groups.erase(later.groups.begin());
  serve({{.html = with_script(page(sample::healthy()),
                              "document.getElementById('modules-hello').open = true;")},
         {.html = page(later)}});
  const std::string seen = page_after(5s);
  EXPECT_THAT(seen, Not(HasSubstr("id=\"modules-aquarium\"")));
  EXPECT_THAT(seen, HasSubstr("<details id=\"modules-guestbook\"><"));
  EXPECT_THAT(seen, HasSubstr("<details id=\"modules-hello\" open=\"\"><"));
}

TEST_F(PageInABrowser, WarnsWhenTheContainerDoesNotAnswer) {
  serve({{.html = page(sample::healthy())}, {.code = 502, .html = "Bad Gateway"}});
  const std::string seen = page_after(5s);
  EXPECT_THAT(seen, HasSubstr(kVisibleWarning));
  EXPECT_THAT(seen, HasSubstr("(HTTP 502)"));
  EXPECT_THAT(seen, HasSubstr("all 3 groups are healthy")) << "the last state stays visible";
}

TEST_F(PageInABrowser, WarnsWhenTheResponseIsNotAStatusPage) {
  serve({{.html = page(sample::healthy())}, {.html = "<h1>It works!</h1>"}});
  EXPECT_THAT(page_after(5s), HasSubstr("(what came back is no status page)"));
}

TEST_F(PageInABrowser, HidesTheWarningWhenTheContainerAnswersAgain) {
  serve({{.html = page(sample::healthy())},
         {.code = 502},
         {.code = 502},
         {.html = page(sample::troubled())}});
  const std::string seen = page_after(12s);
  EXPECT_THAT(seen, HasSubstr(kHiddenWarning));
  EXPECT_THAT(seen, HasSubstr("<title>shop serves nothing"));
}

TEST_F(PageInABrowser, SendsNoRequestsWhileItIsNotVisible) {
  set_policy("");
  serve({{.html = with_script(page(sample::healthy()),
                              "Object.defineProperty(document, 'hidden', { get: () => true });")}});
  EXPECT_THAT(page_after(20s), HasSubstr("all 3 groups are healthy"));
  EXPECT_EQ(fetches(), 0);
}

TEST_F(PageInABrowser, UpdatesItselfAsSoonAsItIsVisible) {
  set_policy("");
  serve({{.html = with_script(page(sample::healthy()), R"js(
            let hidden = true;
            Object.defineProperty(document, 'hidden', { get: () => hidden });
            setTimeout(() => {
              hidden = false;
              document.dispatchEvent(new Event('visibilitychange'));
            }, 9000);)js")},
         {.html = page(sample::troubled())}});
  EXPECT_THAT(page_after(10s), HasSubstr("<title>shop serves nothing"));
  EXPECT_GE(fetches(), 1);
}

TEST_F(PageInABrowser, RunsNoScriptThatAVisitorSent) {
  set_policy("");  // the page must be safe without the policy
  const std::string html = page(sample::hostile());
  serve({{.html = html}});
  const std::string seen = page_after(5s);
  EXPECT_GE(fetches(), 1) << "the fetched page is hostile, too";
  static const std::regex element("<script");
  EXPECT_EQ(std::distance(std::sregex_iterator(seen.begin(), seen.end(), element), {}), 1);
  EXPECT_THAT(seen, HasSubstr("&lt;script&gt;alert(1)"));
}

}  // namespace
}  // namespace shoal::system
