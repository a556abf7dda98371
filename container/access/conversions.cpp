#include "access/conversions.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ratio>
#include <string>

#include "access/request_values.hpp"
#include "base/printable.hpp"
#include "shoal/host/access.hpp"

namespace shoal::access {
namespace {

using std::chrono::microseconds;

/// Appends a value from outside, escaped.
void append_value(std::string& line, std::string_view value) {
  base::append_printable(line, value.substr(0, kLongestValue), "\"\\");
}

void append_or_dash(std::string& line, std::string_view value) {
  append_value(line, value.empty() ? "-" : value);
}

void append_number(std::string& line, auto number) { line += std::to_string(number); }

void append_decimal(std::string& line, double number, int places) {
  char text[64];
  line.append(text,
              static_cast<std::size_t>(std::snprintf(text, sizeof text, "%.*f", places, number)));
}

/// Appends processor time as a percentage of the time that the request took.
void append_share(std::string& line, microseconds used, microseconds took) {
  const double whole = static_cast<double>(std::max<microseconds::rep>(took.count(), 1));
  append_decimal(line, 100.0 * static_cast<double>(used.count()) / whole, 2);
}

template <std::uint64_t kUnit>
void append_memory(const LoggedRequest&, const std::string&, std::string& line) {
  append_number(line, peak_memory() / kUnit);
}

template <typename Unit>
void append_duration(const LoggedRequest& request, const std::string&, std::string& line) {
  append_decimal(line, std::chrono::duration<double, Unit>(request.took).count(), 3);
}

void append_microseconds(const LoggedRequest& request, const std::string&, std::string& line) {
  append_number(line, request.took.count());
}

template <microseconds Cpu::*kPart>
void append_cpu(const LoggedRequest& request, const std::string&, std::string& line) {
  append_share(line, request.cpu.*kPart, request.took);
}

void append_whole_cpu(const LoggedRequest& request, const std::string&, std::string& line) {
  append_share(line, request.cpu.user + request.cpu.system, request.took);
}

template <std::string_view LoggedRequest::*kWhich>
void append_word(const LoggedRequest& request, const std::string&, std::string& line) {
  append_or_dash(line, request.*kWhich);
}

void append_variable(const LoggedRequest& request, const std::string& name, std::string& line) {
  append_or_dash(line, variable(request, name));
}

void append_answer_header(const LoggedRequest& request, const std::string& name,
                          std::string& line) {
  append_or_dash(line, host::Access::answer_header(request.response, name).value_or(""));
}

void append_query(const LoggedRequest& request, const std::string&, std::string& line) {
  append_value(line, variable(request, "QUERY_STRING"));
}

void append_question_mark(const LoggedRequest& request, const std::string&, std::string& line) {
  if (!variable(request, "QUERY_STRING").empty()) line += '?';
}

void append_begin(const LoggedRequest& request, const std::string& format, std::string& line) {
  append_value(line, local_time(request.received, format.c_str()));
}

void append_end(const LoggedRequest& request, const std::string& format, std::string& line) {
  append_value(line, local_time(request.received + request.took, format.c_str()));
}

void append_percent(const LoggedRequest&, const std::string&, std::string& line) { line += '%'; }

void append_method(const LoggedRequest& request, const std::string&, std::string& line) {
  append_or_dash(line, variable(request, "REQUEST_METHOD"));
}

void append_visitor(const LoggedRequest& request, const std::string&, std::string& line) {
  append_or_dash(line, variable(request, "REMOTE_ADDR"));
}

void append_user(const LoggedRequest& request, const std::string&, std::string& line) {
  append_or_dash(line, variable(request, "REMOTE_USER"));
}

void append_path(const LoggedRequest& request, const std::string&, std::string& line) {
  append_or_dash(line, request_path(request));
}

void append_request_length(const LoggedRequest& request, const std::string&, std::string& line) {
  append_number(line, request_length(request));
}

void append_body_size(const LoggedRequest& request, const std::string&, std::string& line) {
  append_number(line, host::Access::bytes_written(request.response));
}

void append_status(const LoggedRequest& request, const std::string&, std::string& line) {
  append_number(line, request.response.status());
}

void append_process(const LoggedRequest&, const std::string&, std::string& line) {
  append_number(line, ::getpid());
}

void append_parent(const LoggedRequest&, const std::string&, std::string& line) {
  append_number(line, ::getppid());
}

std::vector<Conversion> make_conversions() {
  using enum Conversion::Braces;
  return {
      {'%', kNone, {{"", append_percent}}},
      {'C',
       kUnit,
       {{"total", append_whole_cpu},
        {"user", append_cpu<&Cpu::user>},
        {"system", append_cpu<&Cpu::system>}}},
      {'d',
       kUnit,
       {{"seconds", append_duration<std::ratio<1>>},
        {"milliseconds", append_duration<std::milli>},
        {"milli", append_duration<std::milli>},
        {"miliseconds", append_duration<std::milli>},  // php-fpm accepts its old misspelling, too
        {"mili", append_duration<std::milli>},
        {"microseconds", append_microseconds},
        {"micro", append_microseconds}}},
      {'e', kName, {{"", append_variable}}},
      {'f', kNone, {{"", append_word<&LoggedRequest::file>}}},
      {'l', kNone, {{"", append_request_length}}},
      {'m', kNone, {{"", append_method}}},
      {'M',
       kUnit,
       {{"bytes", append_memory<1>},
        {"kilobytes", append_memory<1024>},
        {"kilo", append_memory<1024>},
        {"megabytes", append_memory<1024 * 1024>},
        {"mega", append_memory<1024 * 1024>}}},
      {'n', kNone, {{"", append_word<&LoggedRequest::group>}}},
      {'o', kName, {{"", append_answer_header}}},
      {'p', kNone, {{"", append_process}}},
      {'P', kNone, {{"", append_parent}}},
      {'q', kNone, {{"", append_query}}},
      {'Q', kNone, {{"", append_question_mark}}},
      {'r', kNone, {{"", append_path}}},
      {'R', kNone, {{"", append_visitor}}},
      {'s', kNone, {{"", append_status}}},
      {'t', kTime, {{"", append_begin}}},
      {'T', kTime, {{"", append_end}}},
      {'u', kNone, {{"", append_user}}},
      {'b', kNone, {{"", append_body_size}}},
      {'g', kNone, {{"", append_word<&LoggedRequest::generation>}}},
      {'h', kNone, {{"", append_word<&LoggedRequest::module>}}},
      {'i', kNone, {{"", append_word<&LoggedRequest::id>}}},
  };
}

}  // namespace

const std::vector<Conversion>& conversions() {
  static const std::vector<Conversion> all = make_conversions();
  return all;
}

}  // namespace shoal::access
