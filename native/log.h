// What libbpf prints, kept for the error of whoever caused it.
#ifndef WEIR_NATIVE_LOG_H_
#define WEIR_NATIVE_LOG_H_

#include <string>

namespace weir {

// While one exists, what libbpf says on this thread goes into it. Otherwise it goes nowhere.
class LogCapture {
 public:
  LogCapture();
  ~LogCapture();
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// The end of a log in one line: the program, what the verifier objected to, and where. Without
// a verifier's log, the last thing that libbpf said. Empty for an empty log.
std::string Diagnosis(const std::string& log);

}  // namespace weir

#endif  // WEIR_NATIVE_LOG_H_
