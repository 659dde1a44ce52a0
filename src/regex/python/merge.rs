//! Alternatives as `CPython`'s compiler merges them: the start that all share moves before them, single characters become a class.

use super::super::charset::CharSet;
use super::super::pattern::{Node, Sets};
use super::Item;
use crate::base::Span;

pub(super) fn merge(mut arms: Vec<Vec<Item>>, sets: &mut Sets) -> Vec<Item> {
    if arms.len() == 1 {
        return arms.swap_remove(0);
    }
    let shared = (0..arms[0].len()).take_while(|at| {
        let first = &arms[0][*at];
        // Letters of either case are the same only where they are matched.
        arms.iter().all(|arm| arm.get(*at).is_some_and(|item| item.plain == first.plain && same(&item.node, &first.node)))
    });
    let shared = shared.count();
    let mut items: Vec<Item> = arms[0][..shared].to_vec();
    for arm in &mut arms {
        arm.drain(..shared);
    }
    if let Some(class) = class(&arms, sets) {
        items.push(class);
        return items;
    }
    let parts = arms.into_iter().map(|arm| Node::concat(arm.into_iter().map(|item| item.node).collect())).collect();
    items.push(Item::of(Node::Alternate(parts)));
    items
}

fn class(arms: &[Vec<Item>], sets: &mut Sets) -> Option<Item> {
    let (mut whole, mut written) = (CharSet::empty(), CharSet::empty());
    let mut place: Option<Span> = None;
    for arm in arms {
        let [Item { node: Node::Char(set, span), plain: Some(plain) }] = arm.as_slice() else { return None };
        whole.union(&sets.0[*set]);
        written.union(&sets.0[*plain]);
        place = Some(Span { start: place.map_or(span.start, |place| place.start), end: span.end });
    }
    let plain = Some(sets.intern(written));
    Some(Item { node: Node::Char(sets.intern(whole), place?), plain })
}

/// Whether two parts are the same but for their place.
fn same(one: &Node, other: &Node) -> bool {
    match (one, other) {
        (Node::Empty, Node::Empty) => true,
        (Node::Char(one, _), Node::Char(other, _)) => one == other,
        (Node::Concat(one), Node::Concat(other)) | (Node::Alternate(one), Node::Alternate(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Node::Repeat(one), Node::Repeat(other)) => {
            (one.min, one.max, one.lazy) == (other.min, other.max, other.lazy) && same(&one.body, &other.body)
        }
        (Node::Atomic(one), Node::Atomic(other)) => same(one, other),
        (Node::Look(one), Node::Look(other)) => (one.ahead, one.negative) == (other.ahead, other.negative) && same(&one.body, &other.body),
        (Node::Reference(one), Node::Reference(other)) => one.groups == other.groups && one.ignore_case == other.ignore_case,
        (Node::Assert(one), Node::Assert(other)) => one == other,
        _ => false,
    }
}
