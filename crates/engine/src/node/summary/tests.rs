use super::*;

fn figures(failed: u64, marked: u64, passed: u64) -> Figures {
    let duty = DutyFigures {
        satisfied: passed + marked,
        credible: passed,
        failed,
        ..DutyFigures::default()
    };
    Figures {
        parcels: passed + marked + failed,
        duties: [duty, DutyFigures::default(), DutyFigures::default()],
        ..Figures::default()
    }
}

fn names(ranking: &Ranking) -> Vec<&str> {
    ranking.worst.iter().map(|ranked| &*ranked.site).collect()
}

#[test]
fn the_worst_are_kept_and_the_rest_is_counted() {
    let mut ranking = Ranking::new(3);
    for number in 0..1_000_u64 {
        ranking.offer("SF", &format!("S{number:04}"), "", &figures(number % 100, 0, 5));
    }
    ranking.sort();
    assert_eq!(names(&ranking), ["S0099", "S0199", "S0299"]);
    assert_eq!((ranking.all, ranking.left_out()), (1_000, 997));
}

#[test]
fn marked_parcels_are_as_bad_as_failed_ones() {
    let mut ranking = Ranking::new(2);
    ranking.offer("SF", "S1", "", &figures(2, 0, 9));
    ranking.offer("SF", "S2", "", &figures(1, 2, 9));
    ranking.offer("SF", "S3", "", &figures(0, 1, 9));
    ranking.offer("SF", "S4", "", &Figures::default());
    ranking.sort();
    assert_eq!(names(&ranking), ["S2", "S1"]);
    assert_eq!(ranking.all, 3, "of whom nothing is counted, nothing is told");
}

#[test]
fn what_may_be_the_name_of_a_person_is_counted_and_not_told() {
    let mut ranking = Ranking::new(9);
    for (site, operator) in [
        ("GZ-1", "欧阳翠花"),
        ("欧阳翠花", "C1"),
        ("GZ-1", "Zhang"),
        ("GZ-1", ""),
        ("GZ-1", "C1"),
    ] {
        ranking.offer("SF", site, operator, &figures(1, 0, 0));
    }
    ranking.sort();
    let told: Vec<&str> = ranking.worst.iter().map(|ranked| &*ranked.operator).collect();
    assert_eq!(told, ["", "C1"]);
    assert_eq!(ranking.left_out(), 3);
}

#[test]
fn rankings_of_two_shards_are_one() {
    let (mut one, mut other) = (Ranking::new(2), Ranking::new(2));
    one.offer("SF", "S1", "", &figures(1, 0, 0));
    one.offer("SF", "S2", "", &figures(4, 0, 0));
    other.offer("SF", "S3", "", &figures(3, 0, 0));
    other.offer("SF", "S4", "", &figures(5, 0, 0));
    one.merge(&other);
    assert_eq!(names(&one), ["S4", "S2"]);
    assert_eq!(one.left_out(), 2);
}
