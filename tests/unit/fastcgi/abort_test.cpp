// What is left of a request that was aborted must not hold for the one behind it.
#include "server_fixture.hpp"

namespace shoal::fastcgi {
namespace {

using std::chrono::milliseconds;
using test::get;
using test::head_of;
using test::record;

class AnAbortedRequest : public AServer {
 protected:
  const std::string abort_ = record(FCGI_ABORT_REQUEST, "");
  const std::string next_ = get("/next");
  const std::string half_ = next_.substr(0, 30);
  const std::string rest_ = next_.substr(30);
};

TEST_F(AnAbortedRequest, DoesNotLeaveTheDeadlineOfItsBody) {
  start(one_thread({.body_timeout = milliseconds(100)}));
  FastCgiClient web_server = client();
  web_server.send(head_of("/", 8) + record(FCGI_STDIN, "some") + abort_ + half_);
  EXPECT_TRUE(web_server.answer().complete);
  FastCgiClient later = client();
  EXPECT_EQ(later.ask(head_of("/", 8)), "refused 408") << "by then that deadline has passed, too";
  web_server.send(rest_);
  EXPECT_EQ(web_server.answer().text, "/next");
}

TEST_F(AnAbortedRequest, DoesNotLeaveTheDeadlineOfItsHead) {
  start(one_thread({.read_timeout = milliseconds(3'000), .idle_timeout = milliseconds(1'500)}));
  FastCgiClient web_server = client();
  web_server.send(test::begin(true));
  FastCgiClient later = client();
  later.send(half_);
  FastCgiClient silent = client();
  EXPECT_TRUE(silent.sees_close()) << "half of the time has passed";
  web_server.send(abort_ + half_);
  EXPECT_TRUE(later.sees_close()) << "by then the deadline of the first head has passed, too";
  web_server.send(rest_);
  EXPECT_TRUE(web_server.answer().complete);
  EXPECT_EQ(web_server.answer().text, "/next");
}

}  // namespace
}  // namespace shoal::fastcgi
