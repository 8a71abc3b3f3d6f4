// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tables of what a motion amount is for a model.

/// Straight lines between the rows of a table: motion amounts, growing, and what belongs to each.
/// Outside of it, the nearest row.
#[must_use]
pub fn between<const N: usize>(table: &[(f64, [f64; N])], motion: f64) -> [f64; N] {
    let mut rows = table.windows(2);
    let rows = rows.find(|rows| motion <= rows[1].0).or_else(|| table.windows(2).last());
    let Some([(start, from), (end, to)]) = rows else {
        return table.first().map_or([0.0; N], |(_, row)| *row);
    };
    let share = ((motion - start) / (end - start)).clamp(0.0, 1.0);
    std::array::from_fn(|column| from[column] + share * (to[column] - from[column]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_met_and_nothing_is_beyond_them() {
        let table = [(1.0, [3.0, 0.0]), (5.0, [1.0, 2.0]), (10.0, [0.0, 12.0])];
        let at = |motion| between(&table, motion);
        assert_eq!([1.0, 3.0, 5.0].map(at), [[3.0, 0.0], [2.0, 1.0], [1.0, 2.0]]);
        assert_eq!([-4.0, 7.5, 11.0].map(at), [[3.0, 0.0], [0.5, 7.0], [0.0, 12.0]]);
        assert_eq!((between(&table[..1], 7.0), between::<1>(&[], 7.0)), ([3.0, 0.0], [0.0]));
    }
}
