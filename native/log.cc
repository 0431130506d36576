#include "log.h"

#include <bpf/libbpf.h>

#include <cctype>
#include <cstdarg>
#include <cstdio>
#include <sstream>
#include <string_view>

namespace weir {
namespace {

thread_local std::string* captured = nullptr;

int Print(libbpf_print_level level, const char* format, va_list arguments) {
  if (!captured || level == LIBBPF_DEBUG) return 0;
  va_list again;
  va_copy(again, arguments);
  int length = vsnprintf(nullptr, 0, format, again);
  va_end(again);
  if (length < 0) return 0;

  size_t before = captured->size();
  captured->resize(before + length + 1);
  vsnprintf(&(*captured)[before], length + 1, format, arguments);
  captured->resize(before + length);
  return length;
}

}  // namespace

LogCapture::LogCapture() {
  libbpf_set_print(Print);
  captured = &text_;
}

LogCapture::~LogCapture() { captured = nullptr; }

std::string Diagnosis(const std::string& log) {
  constexpr std::string_view kPrefix = "libbpf: ", kBegin = "-- BEGIN PROG LOAD LOG --";
  std::istringstream lines(log);
  std::string program, source, complaint;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(kPrefix)) line.erase(0, kPrefix.size());
    if (line.ends_with(kBegin)) {
      program = line.substr(0, line.size() - kBegin.size());
    } else if (program.empty()) {
      if (line.find("failed to load") == std::string::npos) complaint = line;
    } else if (line.starts_with("processed ")) {
      break;
    } else if (line.starts_with("; ")) {
      source = " at" + line.substr(1);
    } else if (std::isdigit(line[0])) {
      complaint.clear();  // an instruction: what came before was no objection
    } else {
      complaint += complaint.empty() ? line : ", " + line;
    }
  }
  return program + complaint + source;
}

}  // namespace weir
