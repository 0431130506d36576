#include "netlink.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <vector>

#include "arguments.h"
#include "async.h"
#include "handle.h"
#include "result.h"

namespace weir {
namespace {

// The kernel fills what it is offered when it dumps, up to 32 KiB; no single message is longer.
constexpr size_t kReceive = 64 * 1024;

void SetOption(int fd, int option, int value) {
  Must(OrErrno(setsockopt(fd, SOL_NETLINK, option, &value, sizeof(value))),
       "set netlink option");
}

Fd OpenSocket() {
  Fd fd(Must(OrErrno(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)),
             "open netlink"));
  SetOption(fd.get(), NETLINK_EXT_ACK, 1);
  SetOption(fd.get(), NETLINK_CAP_ACK, 1);
  SetOption(fd.get(), NETLINK_GET_STRICT_CHK, 1);
  return fd;
}

// Without an address, which the kernel chooses, a socket hears no announcement.
void Subscribe(int fd, const std::vector<uint32_t>& groups) {
  sockaddr_nl address{.nl_family = AF_NETLINK, .nl_pad = 0, .nl_pid = 0, .nl_groups = 0};
  auto* any = reinterpret_cast<const sockaddr*>(&address);
  Must(OrErrno(bind(fd, any, sizeof(address))), "bind netlink");
  for (uint32_t group : groups) SetOption(fd, NETLINK_ADD_MEMBERSHIP, group);
}

// The kernel's own words about an error, if it has any.
std::string Words(const nlmsghdr* message) {
  if (!(message->nlmsg_flags & NLM_F_ACK_TLVS)) return {};
  auto* bytes = reinterpret_cast<const char*>(message);
  bool done = message->nlmsg_type == NLMSG_DONE;
  size_t offset = NLMSG_SPACE(done ? sizeof(int) : sizeof(nlmsgerr));
  while (offset + NLA_HDRLEN <= message->nlmsg_len) {
    auto* attribute = reinterpret_cast<const nlattr*>(bytes + offset);
    if (attribute->nla_len < NLA_HDRLEN) break;
    if (attribute->nla_type == NLMSGERR_ATTR_MSG) return bytes + offset + NLA_HDRLEN;
    offset += NLA_ALIGN(attribute->nla_len);
  }
  return {};
}

// Collects an answer's messages; true when it is complete.
bool Collect(std::vector<uint8_t>& answer, const nlmsghdr* message,
             const std::string& attempt) {
  bool ends = message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE;
  // Both begin with a negative errno, or 0.
  int error = ends ? *static_cast<const int*>(NLMSG_DATA(message)) : 0;
  if (error < 0) throw KernelFailure(attempt, "", error, Words(message));
  // DONE is part of the answer: its flags tell whether the dump is consistent.
  if (message->nlmsg_type != NLMSG_ERROR) {
    auto* bytes = reinterpret_cast<const uint8_t*>(message);
    answer.insert(answer.end(), bytes, bytes + NLMSG_ALIGN(message->nlmsg_len));
  }
  return ends;
}

std::vector<uint8_t> Converse(std::vector<uint8_t> request, const std::string& attempt) {
  Fd fd = OpenSocket();
  Must(OrErrno(send(fd.get(), request.data(), request.size(), 0)), attempt);

  std::vector<uint8_t> answer, buffer(kReceive);
  for (bool complete = false; !complete;) {
    int length = Must(OrErrno(recv(fd.get(), buffer.data(), buffer.size(), 0)), attempt);
    auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data());
    for (; !complete && NLMSG_OK(message, length); message = NLMSG_NEXT(message, length)) {
      complete = Collect(answer, message, attempt);
    }
  }
  return answer;
}

}  // namespace

Napi::Function NetlinkSocket::Define(Napi::Env env) {
  return DefineClass(env, "NetlinkSocket",
                     {
                         InstanceMethod("request", &NetlinkSocket::Request),
                         InstanceMethod("close", &NetlinkSocket::Close),
                         InstanceMethod(DisposeSymbol(env), &NetlinkSocket::Close),
                     });
}

NetlinkSocket::NetlinkSocket(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  if (info[1].IsUndefined()) return;
  Napi::Array given = ToArray(info[0]);
  Napi::Function callback = ToFunction(info[1]);
  std::vector<uint32_t> groups;
  for (uint32_t i = 0; i < given.Length(); i++) groups.push_back(ToNumber(given.Get(i)));
  try {
    announcements_ = OpenSocket();
    Subscribe(announcements_.get(), groups);
  } catch (const KernelFailure& failure) {
    throw failure.ToError(info.Env());
  }

  listener_ = std::make_unique<Listener>(
      info.Env(), callback, announcements_.get(),
      [fd = announcements_.get()](const Listener::Deliver& deliver) {
        std::vector<uint8_t> buffer(kReceive);
        ssize_t length = recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (length < 0 && errno != ENOBUFS) return;
        // Some were lost: an empty message says so.
        buffer.resize(std::max<ssize_t>(length, 0));
        deliver(std::move(buffer));
      });
  Ref();
}

// Sends one message and gathers its whole answer, on a thread of the pool: rtnetlink works
// while it is being called, and its lock may be held for long.
Napi::Value NetlinkSocket::Request(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!open_) throw KernelFailure("use closed", "NetlinkSocket", -EBADF).ToError(env);
  Bytes bytes = ToBytes(info[0]);
  std::string attempt = info[1].IsUndefined() ? "netlink request" : ToText(info[1]);
  std::vector<uint8_t> request(bytes.begin(), bytes.end());
  auto* header = reinterpret_cast<nlmsghdr*>(request.data());
  // The kernel does not answer what contradicts its own length, and that would be waited for.
  if (request.size() < sizeof(*header) || header->nlmsg_len != request.size()) {
    throw KernelFailure(attempt, "", -EINVAL, "not one whole message").ToError(env);
  }
  // Every answer ends with an acknowledgement, or with the end of a dump.
  header->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;

  return Async(
      env, [request = std::move(request), attempt] { return Converse(request, attempt); },
      [](Napi::Env env, std::vector<uint8_t> answer) -> Napi::Value {
        return FromBytes(env, answer);
      });
}

void NetlinkSocket::Close(const Napi::CallbackInfo&) {
  open_ = false;
  if (!listener_) return;
  listener_.reset();
  announcements_ = Fd();
  Unref();
}

}  // namespace weir
