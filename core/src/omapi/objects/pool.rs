//! Pools of addresses.

use super::view;

view! {
    /// A pool, which is only reached by a REFRESH of the `pool` handle of one of its leases. The
    /// cheapest way to learn how full it is.
    Pool, "pool"
}

impl Pool {
    /// How many addresses the pool has.
    pub fn lease_count(&self) -> Option<u32> {
        self.0.number("lease-count")
    }

    /// How many are free.
    pub fn free_leases(&self) -> Option<u32> {
        self.0.number("free-leases")
    }

    /// How many are set aside for the failover partner.
    pub fn backup_leases(&self) -> Option<u32> {
        self.0.number("backup-leases")
    }

    /// How many are neither free nor set aside.
    pub fn leases_taken(&self) -> Option<u32> {
        let left = self.free_leases()?.saturating_add(self.backup_leases()?);
        Some(self.lease_count()?.saturating_sub(left))
    }
}
