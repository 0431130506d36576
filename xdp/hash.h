/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flow's hash: keyed, so that nobody outside can choose flows that meet in one row. Low bits
 * pick the row, high bits are the flow's entropy in the outer header.
 */
#pragma once

#include "packet.h"

/* Random, the same on every node of a fleet, odd. */
const volatile __u64 hash_key[2] = { 0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f };

static __always_inline __u64 high_half(const struct address *address)
{
	return (__u64)address->word[0] << 32 | address->word[1];
}

static __always_inline __u64 low_half(const struct address *address)
{
	return (__u64)address->word[2] << 32 | address->word[3];
}

static __always_inline __u64 multiply_xorshift(__u64 value, __u64 key)
{
	value *= key;
	return value ^ value >> 32;
}

/* Ports and protocol stand low in the word, for a product's low bits see nothing above them. */
static __always_inline __u64 hash_flow(const struct packet *packet, __u8 policy)
{
	const struct address *source = &packet->source, *destination = &packet->destination;
	__u64 hash = multiply_xorshift(low_half(source) ^ hash_key[1], hash_key[0]) +
		     multiply_xorshift(high_half(source) ^ hash_key[0], hash_key[1]);

	if (policy != HASH_SOURCE)
		hash ^= low_half(destination) ^ high_half(destination) ^
			(__u64)packet->protocol << 32;
	if (policy == HASH_5_TUPLE)
		hash ^= packet->source_port | (__u64)packet->destination_port << 16;

	/* Two rounds more: with one, some keys put neighbouring ports into few rows. */
	return multiply_xorshift(multiply_xorshift(hash, hash_key[0]), hash_key[1]);
}
