#include "request_reader_fixture.hpp"

namespace shoal::fastcgi {
namespace {

using test::begin;
using test::record;
using test::request;
using test::stream;
using ::testing::Optional;

std::string head(const test::Params& params = {}, bool keep = true) {
  return begin(keep) + stream(FCGI_PARAMS, test::pairs(params));
}

TEST_F(ARequestReader, IsIdleUntilSomethingComes) {
  EXPECT_TRUE(reader_->idle());
  EXPECT_FALSE(reader_->in_request());
  EXPECT_EQ(receive("\1"), State::kIncomplete);
  EXPECT_FALSE(reader_->idle());
  EXPECT_FALSE(reader_->in_request());
  receive(begin(true).substr(1));
  EXPECT_TRUE(reader_->in_request());
  EXPECT_FALSE(reader_->idle());
}

TEST_F(ARequestReader, PausesBehindTheParameters) {
  EXPECT_EQ(receive(request({{"A", "1"}, {"SCRIPT_NAME", "/hello"}, {"A", "2"}, {"B", ""}})),
            State::kHead);
  EXPECT_EQ(reader_->id(), 1);
  EXPECT_TRUE(reader_->keep_connection());
  EXPECT_EQ(param("SCRIPT_NAME"), "/hello");
  EXPECT_EQ(param("A"), "1") << "the first of a name";
  EXPECT_EQ(param("B"), "");
  EXPECT_EQ(param("SCRIPT"), "missing");
  EXPECT_EQ(param(""), "missing");
  EXPECT_EQ(collect(), State::kReady);
  EXPECT_TRUE(reader_->body_complete());
  EXPECT_EQ(body(), "");
  EXPECT_EQ(next(), State::kIncomplete);
  EXPECT_TRUE(reader_->idle());
  EXPECT_EQ(replies(), "");
}

TEST_F(ARequestReader, ReadsLongAndEmptyPairs) {
  const std::string cookie(70'000, 'c');
  EXPECT_EQ(receive(head({{"", ""}, {"COOKIE", cookie}, {"", "x"}, {std::string(200, 'n'), "v"}})),
            State::kHead);
  EXPECT_EQ(param("COOKIE"), cookie);
  EXPECT_EQ(param(""), "");
  EXPECT_EQ(param(std::string(200, 'n')), "v");
}

TEST_F(ARequestReader, ReadsARequestWithoutParameters) {
  EXPECT_EQ(collect(head() + record(FCGI_STDIN, "")), State::kReady);
  EXPECT_EQ(reader_->content_length(), std::nullopt);
}

TEST_F(ARequestReader, ReadsWhatIsPaddedEverywhere) {
  const std::string params = test::pairs({{"SCRIPT_NAME", "/a"}, {"CONTENT_LENGTH", "6"}});
  std::string bytes = begin(true);
  bytes[6] = 9;
  bytes += std::string(9, 'p') + record(FCGI_PARAMS, params.substr(0, 5), 1, 255) +
           record(FCGI_PARAMS, params.substr(5), 1, 1) + record(FCGI_PARAMS, "", 1, 7);
  bytes += record(FCGI_STDIN, "abc", 1, 5) + record(FCGI_STDIN, "def", 1, 255) +
           record(FCGI_STDIN, "", 1, 8);
  EXPECT_EQ(collect(bytes + request({{"SCRIPT_NAME", "/b"}})), State::kReady);
  EXPECT_EQ(body(), "abcdef");
  EXPECT_EQ(next(), State::kHead);
  EXPECT_EQ(param("SCRIPT_NAME"), "/b");
}

TEST_F(ARequestReader, ReadsPipelinedRequestsOneAfterTheOther) {
  EXPECT_EQ(collect(request({{"N", "1"}}) + request({{"N", "2"}}, "two") + request({{"N", "3"}})),
            State::kReady);
  EXPECT_EQ(param("N"), "1");
  EXPECT_EQ(next(), State::kHead);
  EXPECT_EQ(param("N"), "2");
  EXPECT_EQ(collect(), State::kReady);
  EXPECT_EQ(body(), "two");
  EXPECT_EQ(next(), State::kHead);
  EXPECT_EQ(param("N"), "3");
}

TEST_F(ARequestReader, NeverTakesABodyForARequest) {
  // libfcgi begins anew at byte 8192 of a connection on which requests were pipelined.
  const std::string inner = request({{"SCRIPT_NAME", "/smuggled"}});
  const std::string first = request({{"SCRIPT_NAME", "/first"}});
  const std::string second = head({{"SCRIPT_NAME", "/second"}, {"CONTENT_LENGTH", "20000"}});
  std::string sent(8'192 - first.size() - second.size() - kHeaderSize, 'A');
  sent += inner;
  sent.resize(20'000, 'B');
  EXPECT_EQ(collect(first + second + stream(FCGI_STDIN, sent)), State::kReady);
  EXPECT_EQ(next(), State::kHead);
  EXPECT_EQ(param("SCRIPT_NAME"), "/second");
  EXPECT_EQ(collect(), State::kReady);
  EXPECT_EQ(body(), sent);
  EXPECT_EQ(next(), State::kIncomplete);
  EXPECT_TRUE(reader_->idle());
}

TEST_F(ARequestReader, ReadsContentLength) {
  const auto length = [this](const std::string& text) {
    renew();
    EXPECT_EQ(receive(head({{"CONTENT_LENGTH", text}})), State::kHead);
    return reader_->content_length();
  };
  EXPECT_THAT(length("0"), Optional(0u));
  EXPECT_THAT(length("123"), Optional(123u));
  EXPECT_THAT(length("99999999999999999999999"), Optional(UINT64_MAX));
  EXPECT_FALSE(length(""));
  EXPECT_FALSE(length("-1"));
  EXPECT_FALSE(reader_->content_length_malformed());
  for (const char* text : {"+1", " 1", "1 ", "0x1", "-2", "1,1", "one"}) {
    EXPECT_FALSE(length(text));
    EXPECT_TRUE(reader_->content_length_malformed()) << text;
  }
}

TEST_F(ARequestReader, RefusesASecondRequestAtATime) {
  receive(begin(true));
  std::string other = begin(true);
  other[3] = 2;
  EXPECT_EQ(receive(other + record(FCGI_PARAMS, "", 2) + record(FCGI_STDIN, "", 2)),
            State::kIncomplete);
  EXPECT_EQ(replies(), end_of(2, FCGI_CANT_MPX_CONN));
  EXPECT_EQ(collect(stream(FCGI_PARAMS, "") + record(FCGI_STDIN, "")), State::kReady);
}

TEST_F(ARequestReader, RefusesOtherRoles) {
  EXPECT_EQ(receive(begin(true, FCGI_AUTHORIZER) + stream(FCGI_PARAMS, "") + request({{"N", "2"}})),
            State::kHead);
  EXPECT_EQ(replies(), end_of(1, FCGI_UNKNOWN_ROLE));
  EXPECT_EQ(param("N"), "2");
  renew();
  EXPECT_EQ(receive(begin(false, FCGI_FILTER)), State::kClosing);
  EXPECT_EQ(replies(), end_of(1, FCGI_UNKNOWN_ROLE));
  EXPECT_EQ(reader_->reason(), "");
}

TEST_F(ARequestReader, AnswersManagementRecords) {
  const std::string asked =
      record(FCGI_GET_VALUES, test::pairs({{"FCGI_MPXS_CONNS", ""}, {"FCGI_MAX_REQS", ""}}), 0, 3);
  const std::string told = test::pairs({{"FCGI_MPXS_CONNS", "0"}});
  for (std::size_t cut = 1; cut <= asked.size(); ++cut) {
    renew();
    receive(asked.substr(0, cut));
    EXPECT_EQ(receive(asked.substr(cut)), State::kIncomplete);
    EXPECT_EQ(replies(), record(FCGI_GET_VALUES_RESULT, told, 0)) << cut;
    EXPECT_TRUE(reader_->idle());
  }
  renew();
  receive(begin(true) + asked + record(99, "what", 0, 2));
  EXPECT_EQ(replies(), record(FCGI_GET_VALUES_RESULT, told, 0) +
                           record(FCGI_UNKNOWN_TYPE, std::string("\x63\0\0\0\0\0\0\0", 8), 0));
  EXPECT_TRUE(reader_->in_request());
}

TEST_F(ARequestReader, ReadsAsManyParametersAsThereMayBe) {
  std::string pairs(2 * RequestReader::kParamCountLimit, '\0');
  EXPECT_EQ(receive(begin(true) + stream(FCGI_PARAMS, pairs)), State::kHead);
  EXPECT_EQ(violation(begin(true) + record(FCGI_PARAMS, pairs + std::string(2, '\0'))),
            "more than 4096 parameters")
      << "before they end";
  const std::string value(RequestReader::kParamsLimit - 9, 'v');
  pairs = test::pairs({{"N", value}});
  ASSERT_EQ(pairs.size(), RequestReader::kParamsLimit - 3);
  renew();
  EXPECT_EQ(receive(begin(true) + stream(FCGI_PARAMS, pairs + std::string("\0\1v", 3))),
            State::kHead);
  EXPECT_EQ(param("N"), value);
  EXPECT_EQ(violation(begin(true) + stream(FCGI_PARAMS, pairs + std::string("\0\2vv", 4))),
            "PARAMS of more than 1 MiB");
}

TEST_F(ARequestReader, ClosesForEachViolationWithItsReason) {
  std::string other_version = begin(true);
  other_version[0] = 2;
  EXPECT_EQ(violation(other_version), "record of FastCGI version 2");
  EXPECT_EQ(violation("GET / HTTP/1.1\r\n\r\n"), "record of FastCGI version 71");
  EXPECT_EQ(violation(record(FCGI_BEGIN_REQUEST, "short")), "BEGIN_REQUEST of a wrong length");
  EXPECT_EQ(violation(begin(true) + begin(true)), "BEGIN_REQUEST twice for one request");
  EXPECT_EQ(violation(head({}) + record(FCGI_PARAMS, "")), "PARAMS behind the end of PARAMS");
  EXPECT_EQ(violation(begin(true) + record(FCGI_STDIN, "")), "STDIN before the end of PARAMS");
  EXPECT_EQ(violation(begin(true) + record(FCGI_DATA, "")), "record of type 8 within a request");
  EXPECT_EQ(violation(begin(true) + record(FCGI_STDOUT, "")), "record of type 6 within a request");
  EXPECT_EQ(violation(begin(true) + stream(FCGI_PARAMS, std::string("\1\1a", 3))),
            "parameter longer than what is left of PARAMS");
  EXPECT_EQ(violation(record(FCGI_GET_VALUES, "\x05", 0)),
            "GET_VALUES with a name longer than the record");
  EXPECT_EQ(violation(record(FCGI_GET_VALUES, std::string(8'193, '\0'), 0)),
            "GET_VALUES of more than 8 KiB");
}

TEST_F(ARequestReader, ClosesForTheHeadThatEndsLibfcgi) {
  const std::string lengths("\xbf\xff\xff\xff\xbf\xff\xff\xff", 8);
  EXPECT_EQ(violation(begin(true) + record(FCGI_PARAMS, lengths + "AA") + record(FCGI_PARAMS, "")),
            "parameter of more than 1 MiB");
}

TEST_F(ARequestReader, BoundsParametersThatNeverEnd) {
  const std::string more =
      record(FCGI_PARAMS, test::pairs({{std::string(100, 'X'), std::string(64'000, 'v')}}));
  receive(begin(true));
  int records = 0;
  while (records < 1'000 && receive(more) == State::kIncomplete) ++records;
  EXPECT_EQ(records, RequestReader::kParamsLimit / (more.size() - kHeaderSize));
  EXPECT_EQ(reader_->reason(), "PARAMS of more than 1 MiB");
}

TEST_F(ARequestReader, EndsARequestThatIsAbortedBeforeItIsReady) {
  const std::string abort = record(FCGI_ABORT_REQUEST, "");
  const std::string post = head({{"CONTENT_LENGTH", "9"}});
  const std::string half = record(FCGI_STDIN, std::string(40'000, 'f'));
  const std::string in_a_file = head() + half + half;
  for (const std::string& before : {begin(true), begin(true) + record(FCGI_PARAMS, "\1"), post,
                                    post + record(FCGI_STDIN, "abc"), in_a_file}) {
    renew();
    EXPECT_EQ(collect(before), State::kIncomplete);
    EXPECT_EQ(collect(abort + record(FCGI_STDIN, "late") + request({{"N", "2"}})), State::kReady);
    EXPECT_EQ(replies(), end_of(1, FCGI_REQUEST_COMPLETE));
    EXPECT_EQ(param("N"), "2");
  }
  renew();
  EXPECT_EQ(receive(begin(false) + abort), State::kClosing);
  EXPECT_EQ(replies(), end_of(1, FCGI_REQUEST_COMPLETE));
  EXPECT_EQ(reader_->reason(), "");
  EXPECT_TRUE(budget_is_whole());
}

TEST_F(ARequestReader, SeesAnAbortBehindTheRequest) {
  const std::string abort = record(FCGI_ABORT_REQUEST, "");
  EXPECT_EQ(collect(request({})), State::kReady);
  EXPECT_FALSE(reader_->aborted());
  renew();
  EXPECT_EQ(collect(request({}) + record(FCGI_STDIN, "x", 2, 7) + abort), State::kReady);
  EXPECT_TRUE(reader_->aborted());
  EXPECT_EQ(next(), State::kIncomplete);
  EXPECT_EQ(replies(), "") << "it was answered";
  renew();
  EXPECT_EQ(collect(request({}) + begin(true) + abort), State::kReady);
  EXPECT_FALSE(reader_->aborted()) << "it is the next request that is aborted";
  EXPECT_EQ(next(), State::kIncomplete);
  EXPECT_EQ(replies(), end_of(1, FCGI_REQUEST_COMPLETE));
}

TEST_F(ARequestReader, BoundsTheRepliesToOneRead) {
  std::string many;
  for (int i = 0; i < 1'024; ++i) many += begin(true) + record(FCGI_ABORT_REQUEST, "");
  for (int i = 0; i < 3'000; ++i) many += record(42, "", 0);
  while (!many.empty()) {
    const auto space = reader_->space();
    const std::size_t count = many.copy(space.data(), space.size());
    many.erase(0, count);
    EXPECT_EQ(reader_->filled(count), State::kIncomplete);
    EXPECT_LE(replies().size(), 4 * RequestReader::kReadSize);
  }
}

TEST_F(ARequestReader, SkipsARequestThatIsNotServed) {
  receive(head({{"CONTENT_LENGTH", "50000"}}) + stream(FCGI_STDIN, std::string(50'000, 'x')) +
          request({{"N", "2"}}));
  EXPECT_EQ(next(), State::kHead);
  EXPECT_EQ(param("N"), "2");
}

TEST_F(ARequestReader, SkipsNoMoreThanItsRulesAllow) {
  rules_.skip = 1'000;
  receive(head() + stream(FCGI_STDIN, std::string(1'000, 'x')) + request({{"N", "2"}}));
  EXPECT_EQ(next(), State::kHead);
  EXPECT_EQ(receive(stream(FCGI_STDIN, std::string(1'000, 'x')) + request({})), State::kHead);
  EXPECT_EQ(next(), State::kHead) << "it is counted for each request";
  renew();
  receive(head() + stream(FCGI_STDIN, std::string(1'001, 'x')) + request({{"N", "2"}}));
  EXPECT_EQ(next(), State::kClosing);
  EXPECT_EQ(reader_->reason(), "");
}

}  // namespace
}  // namespace shoal::fastcgi
