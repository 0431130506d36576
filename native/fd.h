// A descriptor that closes itself.
#ifndef WEIR_NATIVE_FD_H_
#define WEIR_NATIVE_FD_H_

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace weir {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Fd() {
    if (number_ >= 0) ::close(number_);
  }

  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

// What a system call says through errno, said as libbpf says it: a negative result.
template <typename Result>
Result OrErrno(Result result) {
  return result < 0 ? -errno : result;
}

inline int Duplicate(int fd) { return OrErrno(fcntl(fd, F_DUPFD_CLOEXEC, 0)); }

}  // namespace weir

#endif  // WEIR_NATIVE_FD_H_
