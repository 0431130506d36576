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

  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

// One sentence from a log: what the verifier objected to, with the source line if it is known.
std::string Diagnosis(int error, const std::string& log);

}  // namespace weir

#endif  // WEIR_NATIVE_LOG_H_
