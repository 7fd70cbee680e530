//! What alerts say where no rule of the rules file does, in Chinese and English. All of it stands here.

use sanbai_core::rules::Duty;
use sanbai_core::shard::scope::AlertRule;

/// Title and next step, each in Chinese and English.
pub(super) struct Words {
    pub(super) title_zh: &'static str,
    pub(super) title_en: &'static str,
    pub(super) next_zh: &'static str,
    pub(super) next_en: &'static str,
}

/// What an alert on an outlet says.
pub(super) const fn of_rule(rule: AlertRule) -> &'static Words {
    match rule {
        AlertRule::RateBelow(Duty::RealName) => &Words {
            title_zh: "实名收寄率低于预警值",
            title_en: "real-name sending below the alert rate",
            next_zh: "调取当日未经实名查验的快件清单，责令网点逐件补录实名信息，并倒查收寄人员。",
            next_en: "Take the day's list of parcels without an identity check, order the outlet to register each sender, and trace who accepted them.",
        },
        AlertRule::RateBelow(Duty::Inspection) => &Words {
            title_zh: "收寄验视率低于预警值",
            title_en: "acceptance inspection below the alert rate",
            next_zh: "调取当日未验视的快件清单，拦截尚未离开网点的逐件开箱验视，并倒查收寄人员。",
            next_en: "Take the day's list of uninspected parcels, hold and open those that have not left, and trace who accepted them.",
        },
        AlertRule::RateBelow(Duty::Xray) => &Words {
            title_zh: "过机安检率低于预警值",
            title_en: "X-ray screening below the alert rate",
            next_zh: "核查安检机运行和值机情况，组织对漏检快件补检，到达目的地的通知目的地网点补检。",
            next_en: "Check that machines ran and were manned, screen the missed parcels, and have the destination screen those that arrived.",
        },
        AlertRule::CriticalBurst => &Words {
            title_zh: "严重问题集中出现",
            title_en: "many critical findings",
            next_zh: "当日到网点现场核查，按问题清单逐件核实，查明是人员、设备还是上报系统的原因。",
            next_en: "Visit the outlet the same day, verify the findings one by one, and find out whether staff, machines or reporting caused them.",
        },
        AlertRule::SilentOutlet => &Words {
            title_zh: "工作日无任何上报的网点",
            title_en: "outlet that reported nothing on a working day",
            next_zh: "联系网点负责人核实是否营业；营业而未上报的责令立即补报，停业的提醒办理停业手续。",
            next_en: "Ask the outlet whether it was open; order one that was to report at once, and remind one that was not to file its closure.",
        },
        AlertRule::VolumeShort => &Words {
            title_zh: "上报件量少于品牌申报件量",
            title_en: "fewer parcels reported than the brand declares",
            next_zh: "请品牌提供当日收寄底单，与上报数据逐件比对，查明未上报的快件并责令补报。",
            next_en: "Get the day's acceptance list from the brand, compare it with the reports parcel by parcel, and order the missing ones to be reported.",
        },
    }
}

/// What an urgent alert says on a find of guns or ammunition (1) or drugs (12) that was rightly handled.
pub(super) const fn of_find(class: Option<u8>) -> &'static Words {
    match class {
        Some(1) => &Words {
            title_zh: "查获枪支弹药",
            title_en: "guns or ammunition found",
            next_zh: "保护现场，人、物、单分离看管，立即移交公安机关，不得自行处置。",
            next_en: "Secure the place, keep people, item and waybill apart, hand over to the police at once, and do nothing else with it.",
        },
        Some(12) => &Words {
            title_zh: "查获毒品",
            title_en: "drugs found",
            next_zh: "保护现场，原样保管物品和寄件人信息，立即通知公安禁毒部门到场处置。",
            next_en: "Secure the place, keep the item and the sender's details as they are, and call the drug-control police at once.",
        },
        Some(_) | None => &Words {
            title_zh: "查获禁寄物品",
            title_en: "prohibited goods found",
            next_zh: "原样保管物品和寄件人信息，马上报告公安机关和邮政管理局。",
            next_en: "Keep the item and the sender's details as they are, and report to the police and the postal bureau.",
        },
    }
}
