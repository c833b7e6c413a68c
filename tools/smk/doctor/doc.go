// Package doctor checks what goes wrong when a bot starts for the first time, from its settings and the network up to
// the limits of its process, and says what to do about it. Its login sends no orders and ends with a logout.
package doctor
