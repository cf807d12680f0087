"""Work that goes on without anybody asking: ticks, deliveries, briefings, reminders."""
