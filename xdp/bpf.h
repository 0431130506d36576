/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's own headers, in the one order that works for a BPF target. */
#pragma once

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define unlikely(condition) __builtin_expect(!!(condition), 0)
