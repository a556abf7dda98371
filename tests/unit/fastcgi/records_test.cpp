#include "fastcgi/records.hpp"

#include <gmock/gmock.h>

#include "fastcgi_client.hpp"

namespace shoal::fastcgi {
namespace {

using ::testing::Optional;

std::string_view bytes_of(const auto& header) { return {header.data(), header.size()}; }

TEST(Records, AreWrittenAsTheSpecificationSays) {
  std::string records;
  append_record(records, FCGI_STDOUT, 0x1234, "hello");
  EXPECT_EQ(records, test::record(FCGI_STDOUT, "hello", 0x1234));
  EXPECT_EQ(bytes_of(header_of(FCGI_STDIN, 7, 65'535, 255)),
            test::record(FCGI_STDIN, std::string(65'535, 'x'), 7, 255).substr(0, kHeaderSize));
}

TEST(Records, EndARequestWithAStatus) {
  std::string records;
  append_end_request(records, 2, FCGI_CANT_MPX_CONN);
  EXPECT_EQ(records, test::record(FCGI_END_REQUEST, std::string("\0\0\0\0\1\0\0\0", 8), 2));
}

TEST(Records, HaveAHeaderThatIsReadAsItWasWritten) {
  const auto header = read_header(bytes_of(header_of(FCGI_STDERR, 65'535, 60'000, 200)));
  EXPECT_EQ(header.version, FCGI_VERSION_1);
  EXPECT_EQ(header.type, FCGI_STDERR);
  EXPECT_EQ(header.id, 65'535);
  EXPECT_EQ(header.length, 60'000u);
  EXPECT_EQ(header.padding, 200u);
}

TEST(Pairs, HaveLengthsOfOneByteOrFour) {
  const std::string long_value(300, 'v');
  const std::string all = test::pairs({{"a", "b"}, {"name", long_value}}) +
                          std::string("\x80\0\0\1\0c", 6) + std::string(2, '\0');
  std::string_view rest = all;
  EXPECT_EQ(take_pair(rest)->value, "b");
  const auto second = take_pair(rest);
  EXPECT_EQ(second->name, "name");
  EXPECT_EQ(second->value, long_value);
  EXPECT_EQ(take_pair(rest)->name, "c");
  EXPECT_EQ(take_pair(rest)->name, "") << "an empty pair is a pair";
  EXPECT_EQ(rest, "");
  EXPECT_FALSE(take_pair(rest));
}

TEST(Pairs, DoNotLeadBeyondTheEnd) {
  for (const std::string& bytes :
       {std::string("\1"), std::string("\1\0", 2), std::string("\0\1", 2),
        std::string("\x80\0\0", 3), std::string("\0\x80\0", 3),
        std::string("\xbf\xff\xff\xff\xbf\xff\xff\xff"
                    "AA",
                    10),
        std::string("\xff\xff\xff\xff\xff\xff\xff\xff"
                    "AA",
                    10)}) {
    std::string_view rest = bytes;
    EXPECT_FALSE(take_pair(rest)) << ::testing::PrintToString(bytes);
    EXPECT_EQ(rest, bytes);
  }
}

TEST(Values, AreThoseThatAreAskedForEachOnce) {
  EXPECT_THAT(values_for(""), Optional(std::string()));
  const std::string mpxs = test::pairs({{"FCGI_MPXS_CONNS", "0"}});
  EXPECT_THAT(values_for(test::pairs({{"FCGI_MPXS_CONNS", ""}, {"FCGI_MPXS_CONNS", ""}})),
              Optional(mpxs));
  EXPECT_THAT(values_for(test::pairs({{"FCGI_MAX_CONNS", ""}, {"FCGI_MPXS_CONNS", ""}})),
              Optional(mpxs));
  EXPECT_THAT(values_for(test::pairs({{"FCGI_UNHEARD_OF", "x"}})), Optional(std::string()));
  EXPECT_FALSE(values_for("\x7f"));
}

}  // namespace
}  // namespace shoal::fastcgi
