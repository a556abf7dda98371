#include "file_size_limit.hpp"
#include "request_reader_fixture.hpp"

namespace shoal::fastcgi {
namespace {

using test::begin;
using test::post;
using test::record;
using test::request;
using test::stream;

/// The head of a request with this CONTENT_LENGTH; empty: none.
std::string post_head(const std::string& content_length) {
  return begin(true) +
         stream(FCGI_PARAMS, test::pairs({{"N", "1"}, {"CONTENT_LENGTH", content_length}}));
}

std::string bytes_of_body(std::size_t size) {
  std::string body(size, '\0');
  for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>(i * 31 >> 3);
  return body;
}

/// A body in many small records.
std::string small_records(std::string_view body, std::size_t size) {
  std::string records;
  for (; !body.empty(); body.remove_prefix(std::min(size, body.size())))
    records += record(FCGI_STDIN, body.substr(0, size), 1, 3);
  return records;
}

TEST_F(ARequestReader, CollectsBodiesInMemoryAndInFiles) {
  for (const std::size_t size : {1, 100, 65'535, 65'536, 65'537, 500'000}) {
    const std::string sent = bytes_of_body(size);
    for (const auto& length : {std::to_string(size), std::string(), std::string("-1")}) {
      renew();
      EXPECT_EQ(collect(post_head(length) + small_records(sent, 7'000) + record(FCGI_STDIN, "") +
                        request({{"N", "2"}})),
                State::kReady);
      EXPECT_EQ(reader_->body_received(), size);
      EXPECT_EQ(param("N"), "1");
      EXPECT_EQ(body(), sent);
      EXPECT_EQ(body(), "") << "the end stays the end";
      EXPECT_FALSE(budget_is_whole());
      EXPECT_EQ(next(), State::kHead);
      EXPECT_EQ(param("N"), "2");
      EXPECT_TRUE(budget_is_whole());
    }
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / ""));
}

TEST_F(ARequestReader, IsReadyWithTheLastByteOfTheBody) {
  EXPECT_EQ(collect(post_head("3") + record(FCGI_STDIN, "ab")), State::kIncomplete);
  EXPECT_FALSE(reader_->body_complete());
  EXPECT_EQ(receive(record(FCGI_STDIN, "c")), State::kReady);
  EXPECT_EQ(body(), "abc");
  EXPECT_EQ(next(), State::kIncomplete);
  EXPECT_EQ(receive(record(FCGI_STDIN, "") + request({{"N", "2"}})), State::kHead);
  EXPECT_EQ(param("N"), "2");
}

TEST_F(ARequestReader, DoesNotTakeBytesBeyondContentLengthForBody) {
  EXPECT_EQ(collect(post_head("4") + stream(FCGI_STDIN, "bodyandmore") + request({{"N", "2"}})),
            State::kReady);
  EXPECT_EQ(body(), "body");
  EXPECT_EQ(next(), State::kHead);
  EXPECT_EQ(param("N"), "2");
  renew();
  EXPECT_EQ(collect(post_head("0") + stream(FCGI_STDIN, "more") + request({{"N", "2"}})),
            State::kReady);
  EXPECT_EQ(body(), "");
}

TEST_F(ARequestReader, IsReadyWithABodyThatEndsBeforeContentLength) {
  EXPECT_EQ(collect(post_head("10") + stream(FCGI_STDIN, "abc")), State::kReady);
  EXPECT_TRUE(reader_->body_complete());
  EXPECT_EQ(reader_->body_received(), 3u);
  EXPECT_EQ(body(), "abc");
}

TEST_F(ARequestReader, HasNoBodyOfAMalformedContentLength) {
  EXPECT_EQ(collect(post_head("3 bytes") + stream(FCGI_STDIN, "abc") + request({{"N", "2"}})),
            State::kReady);
  EXPECT_EQ(body(), "");
  EXPECT_EQ(next(), State::kHead);
  EXPECT_EQ(param("N"), "2");
  renew();
  EXPECT_EQ(begin_streaming(post_head("3 bytes") + stream(FCGI_STDIN, "abc")), State::kReady);
  EXPECT_EQ(body(), "");
}

TEST_F(ARequestReader, RefusesABodyThatIsTooLong) {
  rules_.body = 100;
  EXPECT_EQ(collect(post_head("101")), State::kRefused) << "as soon as it is announced";
  EXPECT_EQ(reader_->refusal(), 413);
  EXPECT_EQ(reader_->id(), 1);
  EXPECT_EQ(next(), State::kIncomplete);
  EXPECT_EQ(receive(stream(FCGI_STDIN, std::string(101, 'x')) + request({{"N", "2"}})),
            State::kHead);
  EXPECT_EQ(param("N"), "2");

  renew();
  EXPECT_EQ(collect(post_head("") + record(FCGI_STDIN, std::string(100, 'x'))), State::kIncomplete);
  EXPECT_EQ(receive(record(FCGI_STDIN, "x") + record(FCGI_STDIN, "x")), State::kRefused);
  EXPECT_EQ(reader_->refusal(), 413);
  EXPECT_TRUE(budget_is_whole());
  EXPECT_EQ(next(), State::kIncomplete);
}

TEST_F(ARequestReader, RefusesABodyBeyondTheBudget) {
  ASSERT_TRUE(budget_.take(kBudget - 100));
  EXPECT_EQ(collect(post_head("101")), State::kRefused);
  EXPECT_EQ(reader_->refusal(), 503);
  renew();
  EXPECT_EQ(collect(post_head("100") + record(FCGI_STDIN, std::string(99, 'x'))),
            State::kIncomplete);
  RequestReader other(rules_);
  const std::string bytes = post_head("") + record(FCGI_STDIN, "xx") + request({{"N", "2"}});
  EXPECT_EQ(other.filled(bytes.copy(other.space().data(), bytes.size())), State::kHead);
  EXPECT_EQ(other.collect(), State::kRefused);
  EXPECT_EQ(other.refusal(), 503);
  EXPECT_EQ(other.next(), State::kHead);
  EXPECT_EQ(other.param("N"), "2");

  renew();  // gives back the ninety-nine
  EXPECT_EQ(collect(post_head("") + record(FCGI_STDIN, std::string(60, 'x'))), State::kIncomplete);
  EXPECT_EQ(receive(record(FCGI_STDIN, std::string(60, 'x'))), State::kRefused);
  EXPECT_EQ(reader_->refusal(), 503);
  EXPECT_TRUE(budget_.take(100)) << "what it had was given back at once";
}

TEST_F(ARequestReader, TakesNothingOfTheBudgetForWhatIsOnlyAnnounced) {
  EXPECT_EQ(collect(post_head("8000000")), State::kIncomplete);
  EXPECT_TRUE(budget_is_whole());
}

TEST_F(ARequestReader, RefusesParametersBeyondTheBudget) {
  ASSERT_TRUE(budget_.take(kBudget - 20'000));
  renew();
  const test::Params large{{"N", std::string(25'000, 'x')}};
  EXPECT_EQ(receive(begin(true) + record(FCGI_PARAMS, test::pairs(large))), State::kClosing);
  EXPECT_EQ(reader_->reason(), "no space for its PARAMS: limits.bodies is used up");
}

TEST_F(ARequestReader, RefusesABodyThatCannotBeWritten) {
  rules_.folder = folder_ / "missing";
  EXPECT_EQ(collect(post_head("70000")), State::kRefused);
  EXPECT_EQ(reader_->refusal(), 503);
  EXPECT_TRUE(budget_is_whole());
  renew();
  EXPECT_EQ(collect(post_head("") + small_records(bytes_of_body(70'000), 9'999)), State::kRefused);
  EXPECT_EQ(reader_->refusal(), 503);
}

TEST_F(ARequestReader, RefusesABodyWhenTheDiskIsFull) {
  const test::FileSizeLimit limit(100'000);
  const std::string large = stream(FCGI_STDIN, bytes_of_body(200'000));
  for (const char* length : {"200000", ""}) {
    renew();
    EXPECT_EQ(collect(post_head(length) + large + request({{"N", "2"}})), State::kRefused);
    EXPECT_EQ(reader_->refusal(), 503);
    EXPECT_TRUE(budget_is_whole());
    EXPECT_EQ(next(), State::kHead);
    EXPECT_EQ(param("N"), "2");
  }
}

TEST_F(ARequestReader, GivesBackTheBudgetWithTheConnection) {
  EXPECT_EQ(collect(post_head("100000") + record(FCGI_STDIN, "x")), State::kIncomplete);
  EXPECT_FALSE(budget_is_whole());
  reader_.reset();
  EXPECT_TRUE(budget_is_whole());
}

TEST_F(ARequestReader, StreamsABodyWithoutMovingTheParameters) {
  const std::string sent = bytes_of_body(300'000);
  const std::string records =
      small_records(sent, 5'000) + record(FCGI_STDIN, "") + request({{"N", "2"}});
  const std::string large(15'000, 'v');  // leaves less of the buffer than one read may take
  const test::Params params{
      {"N", "1"}, {"LARGE", large}, {"CONTENT_LENGTH", std::to_string(sent.size())}};
  EXPECT_EQ(begin_streaming(begin(true) + stream(FCGI_PARAMS, test::pairs(params))), State::kReady);
  const std::string_view name = *reader_->param("N");
  std::string got;
  std::size_t at = 0;
  while (!reader_->body_complete()) {
    const auto space = reader_->space();
    ASSERT_GE(space.size(), RequestReader::kReadSize / 8);
    const std::size_t count = records.copy(space.data(), space.size(), at);
    at += count;
    ASSERT_EQ(reader_->filled(count), State::kReady);
    got += body(3'000);
  }
  EXPECT_EQ(got, sent);
  EXPECT_EQ(name.data(), reader_->param("N")->data());
  EXPECT_EQ(name, "1");
  EXPECT_TRUE(budget_is_whole()) << "a streamed body is not counted";
  EXPECT_EQ(next(), at < records.size() ? State::kIncomplete : State::kHead);
  EXPECT_EQ(receive(std::string_view(records).substr(at)), State::kHead);
  EXPECT_EQ(param("N"), "2");
}

TEST_F(ARequestReader, StreamsWhatHasComeWithTheHead) {
  EXPECT_EQ(begin_streaming(post_head("") + record(FCGI_STDIN, "abc")), State::kReady);
  EXPECT_EQ(body(2), "abc");
  EXPECT_FALSE(reader_->body_complete());
  EXPECT_EQ(receive_streamed(record(FCGI_STDIN, "def") + record(FCGI_STDIN, "") + begin(true)),
            State::kReady);
  EXPECT_EQ(body(), "def");
  EXPECT_TRUE(reader_->body_complete());
  EXPECT_EQ(next(), State::kIncomplete);
  EXPECT_TRUE(reader_->in_request());
}

TEST_F(ARequestReader, AnswersOthersWhileItStreams) {
  begin_streaming(post_head(""));
  std::string other = begin(true);
  other[3] = 2;
  EXPECT_EQ(receive_streamed(other + record(FCGI_GET_VALUES, "", 0)), State::kReady);
  EXPECT_EQ(replies(), end_of(2, FCGI_CANT_MPX_CONN) + record(FCGI_GET_VALUES_RESULT, "", 0));
}

TEST_F(ARequestReader, BoundsABodyThatIsStreamed) {
  rules_.body = 5;
  begin_streaming(post_head(""));
  EXPECT_EQ(receive_streamed(record(FCGI_STDIN, "abcde")), State::kReady);
  EXPECT_FALSE(reader_->body_too_large());
  EXPECT_EQ(body(), "abcde");
  EXPECT_EQ(receive_streamed(record(FCGI_STDIN, "f")), State::kReady);
  EXPECT_TRUE(reader_->body_too_large());
  EXPECT_EQ(body(), "");
  EXPECT_EQ(next(), State::kIncomplete);
}

TEST_F(ARequestReader, SeesAnAbortWhileItStreams) {
  begin_streaming(post_head("10") + record(FCGI_STDIN, "abc"));
  EXPECT_EQ(body(), "abc");
  EXPECT_FALSE(reader_->aborted());
  EXPECT_EQ(receive_streamed(record(FCGI_ABORT_REQUEST, "") + request({{"N", "2"}})),
            State::kReady);
  EXPECT_TRUE(reader_->aborted());
  EXPECT_FALSE(reader_->body_complete());
  EXPECT_EQ(replies(), "") << "the handler's answer ends it";
  EXPECT_EQ(next(), State::kHead);
  EXPECT_EQ(param("N"), "2");
}

TEST_F(ARequestReader, TellsAnotherReaderWhatHasCome) {
  const auto replayed = [this] {
    std::string bytes;
    reader_->replay([&](std::string_view piece) { bytes += piece; });
    renew();
    return bytes;
  };
  collect(post_head("3") + record(FCGI_STDIN, "a") + record(FCGI_STDIN, "bc+", 1, 4));
  EXPECT_EQ(replayed(), post_head("3") + record(FCGI_STDIN, "abc") + record(FCGI_STDIN, "+", 2, 4))
      << "no end of the body, which is still to come";
  collect(post_head("") + stream(FCGI_STDIN, "abc") + begin(true));
  EXPECT_EQ(replayed(), post_head("") + stream(FCGI_STDIN, "abc") + begin(true));

  rules_.body = 3;
  begin_streaming(post_head("") + record(FCGI_STDIN, "abcd"));
  EXPECT_TRUE(reader_->body_too_large());
  begin_streaming(replayed());
  EXPECT_TRUE(reader_->body_too_large());
  EXPECT_EQ(body(), "abc");
}

TEST_F(ARequestReader, ClosesForAViolationWhileItStreams) {
  begin_streaming(post_head(""));
  const std::string_view name = *reader_->param("N");
  EXPECT_EQ(receive_streamed(record(FCGI_PARAMS, "x")), State::kClosing);
  EXPECT_EQ(reader_->reason(), "PARAMS behind the end of PARAMS");
  EXPECT_EQ(name, "1") << "the handler still has it";
}

}  // namespace
}  // namespace shoal::fastcgi
