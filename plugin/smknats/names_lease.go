package smknats

import "strings"

// LeaseBucket returns the bucket of the lease of an account, see package lease.
func (n Names) LeaseBucket(account string) string { return n.bucket("lease", account) }

// StateBucket returns the bucket of the newest state of an account's engine, see package standby.
func (n Names) StateBucket(account string) string { return n.bucket("state", account) }

// Lease returns a subject about the lease of an account: "handover", a request to hand it over, and "changed", which
// says that it was released.
func (n Names) Lease(account, what string) string { return n.subject("lease", account) + "." + what }

// bucket returns the name of a bucket, which has letters, digits, "-" and "_" only: each other byte of the names, "-"
// and "_" among them, is "-" and two hexadecimal digits.
func (n Names) bucket(kind, account string) string {
	escape := func(s string) string { return strings.ReplaceAll(escape(s, ""), "=", "-") }
	return "smk_" + escape(n.name) + "_" + kind + "_" + escape(account)
}
