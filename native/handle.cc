#include "handle.h"

#include <filesystem>

namespace weir {

Fd OpenPin(Napi::Env env, const std::string& path, std::string_view kind) {
  Fd fd(Must(env, bpf_obj_get(path.c_str()), "open", path));
  std::error_code ignored;
  auto actual =
      std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd.get()), ignored)
          .string();
  if (actual != "anon_inode:" + std::string(kind)) {
    throw KernelFailure("open", path, -EINVAL, actual + " is no " + std::string(kind))
        .ToError(env);
  }
  return fd;
}

}  // namespace weir
