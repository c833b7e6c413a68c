// Package export writes the messages of a journal in formats that other programs read: CSV, JSON lines, Parquet, and
// pcapng for Wireshark.
package export
